"""A symbol table as text, of which single entries are looked up.

A table has a hundred thousand entries, and a command needs a hundred of them: to parse all would take longer than all
else that it does. Entries are told apart by what they hold: a type has ``fields``, an enumeration ``constants``, a
symbol an ``address``, and a base type a ``size`` and none of these.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_PARTS = ("base_types", "enums", "symbols", "user_types")
_MOST_CANDIDATES = 4096  # entries of one name; fields of structures are among them
_decoded = json.JSONDecoder().raw_decode

Entry = Mapping[str, Any]


class IsfText:
    """Entries of an ISF by name; each method returns None where there is none.

    Raises:
        ValueError: The text is no JSON object with the parts of an ISF; or, later, the entry that is looked up is
            damaged.
    """

    def __init__(self, text: str) -> None:
        text = text.strip()
        missing = [part for part in _PARTS if re.search(rf'"{part}"\s*:\s*\{{', text) is None]
        if not (text.startswith("{") and text.endswith("}")) or missing:
            raise ValueError(f"it is no JSON object with {', '.join(missing or _PARTS)}")
        self._text = text
        self._symbols_from = text.find('"symbols"')
        self._types = self._holders("fields")
        self._enums = self._holders("constants")
        self._found: dict[tuple[str, str], Entry | None] = {}

    def symbol(self, name: str) -> Entry | None:
        """Return a symbol."""
        return self._named("symbol", name, lambda entry: "address" in entry and "offset" not in entry)

    def base_type(self, name: str) -> Entry | None:
        """Return a base type."""
        others = {"fields", "constants", "address", "offset"}
        return self._named("base", name, lambda entry: "size" in entry and not others & entry.keys())

    def user_type(self, name: str) -> Entry | None:
        """Return a structure or union."""
        return self._at(self._types.get(name))

    def enum(self, name: str) -> Entry | None:
        """Return an enumeration."""
        return self._at(self._enums.get(name))

    def _holders(self, key: str) -> dict[str, int]:
        """Return the names of the entries that have a key with an object behind it, and where each entry begins.

        All other keys of such an entry are numbers and texts, so that it begins at the brace before the key.
        """
        found: dict[str, int] = {}
        text = self._text
        for match in re.finditer(f'"{key}"', text):
            begin = text.rfind("{", 0, match.start())
            end = text.rfind('"', 0, begin)
            start = text.rfind('"', 0, max(end, 0))
            if start >= 0 and text[end + 1 : begin].strip() == ":":
                found.setdefault(text[start + 1 : end], begin)
        return found

    def _at(self, place: int | None) -> Entry | None:
        if place is None:
            return None
        entry, _ = self._decoded_at(place)
        return entry

    def _named(self, kind: str, name: str, is_wanted: Callable[[Entry], bool]) -> Entry | None:
        key = (kind, name)
        if key not in self._found:
            self._found[key] = self._search(name, is_wanted, self._symbols_from if kind == "symbol" else 0)
        return self._found[key]

    def _search(self, name: str, is_wanted: Callable[[Entry], bool], first: int) -> Entry | None:
        pattern = re.compile(re.escape(json.dumps(name)) + r"\s*:\s*(?=\{)")
        place = first
        for _ in range(_MOST_CANDIDATES):
            match = pattern.search(self._text, place)
            if match is None:
                break
            entry, place = self._decoded_at(match.end())
            if is_wanted(entry):
                return entry
        return self._search(name, is_wanted, 0) if first else None

    def _decoded_at(self, place: int) -> tuple[Entry, int]:
        try:
            entry, end = _decoded(self._text, place)
        except RecursionError as error:
            raise ValueError("it goes too deep") from error
        return entry, end
