"""Pages of a scene as a reader sees them: what is drawn, what is written, by the id of its element."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

from labkit.verification.strokes import read

_VOID = frozenset({"meta", "img", "br", "link", "input", "hr", "col"})
_UNSEEN = frozenset({"style", "script"})


@dataclass(frozen=True, slots=True)
class Page:
    """One SVG or HTML file."""

    paths: Mapping[str, tuple[str, ...]]  # id -> path data inside of the element
    texts: Mapping[str, str]  # id -> text inside of the element, spaces evened out
    attributes: Mapping[str, Mapping[str, str]]  # id -> attributes of the element
    tags: frozenset[str]
    problems: tuple[str, ...]  # elements that are not closed, or closed and not open

    def drawn(self, name: str) -> str:
        """Return the text that is drawn in the element of that id.

        Raises:
            LookupError: There is no such element, or nothing is drawn in it.
            ValueError: The lines can not be read.
        """
        if not self.paths.get(name):
            raise LookupError(f"nothing is drawn in the element {name!r}")
        return read(self.paths[name])


@lru_cache(maxsize=64)
def read_page(data: bytes) -> Page:
    """Return the page that a file holds.

    Raises:
        ValueError: It is not UTF-8.
    """
    parser = _Parser()
    parser.feed(data.decode("utf-8"))
    parser.close()
    return parser.page()


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, str]] = []
        self._paths: dict[str, list[str]] = {}
        self._texts: dict[str, list[str]] = {}
        self._attributes: dict[str, dict[str, str]] = {}
        self._tags: set[str] = set()
        self._problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self._open.append((tag, dict(attrs).get("id") or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags.add(tag)
        has = {name: value or "" for name, value in attrs}
        if name := has.get("id"):
            if name in self._attributes:
                self._problems.append(f"two elements have the id {name}")
            self._attributes[name] = has
        if tag == "path":
            for opened in self._names():
                self._paths.setdefault(opened, []).append(has.get("d", ""))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            self._open.pop()
        else:
            self._problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if not any(tag in _UNSEEN for tag, _ in self._open):
            for opened in self._names():
                self._texts.setdefault(opened, []).append(data)

    def page(self) -> Page:
        problems = (*self._problems, *(f"<{tag}> is not closed" for tag, _ in self._open))
        return Page(
            paths={name: tuple(found) for name, found in self._paths.items()},
            texts={name: " ".join("".join(found).split()) for name, found in self._texts.items()},
            attributes=self._attributes,
            tags=frozenset(self._tags),
            problems=problems,
        )

    def _names(self) -> list[str]:
        return [name for _, name in self._open if name]
