"""Lint rules on texts: languages, headings, placeholders, fiction, legal review."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from labkit.content.brief import (
    GENERAL_HEADINGS,
    Document,
    bare_heading,
    cut,
    hint_items,
    placeholders,
    read_text,
)
from labkit.content.codes import Problem
from labkit.errors import ContentError

NOT_REVIEWED: Mapping[str, str] = {
    "en": "Legal terms in this text have not yet been reviewed by a practitioner.",
    "ru": "Юридические термины в этом тексте ещё не проверены практикующим юристом.",
}
# The line that takes its place once somebody has signed: who, and the day.
REVIEWED: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(r"Legal terms in this text were reviewed by .+, \d{4}-\d{2}-\d{2}\."),
    "ru": re.compile(r"Юридические термины в этом тексте проверены: .+, \d{4}-\d{2}-\d{2}\."),
}
_DOMAIN = re.compile(r"(?<![\w.@/\\-])(?:[\w-]+@)?(?:[a-z0-9-]+\.)+(?P<top>[a-z]{2,24})(?![\w-]|\.[\w])", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@(?P<host>[\w.-]*\w)")
_LINK = re.compile(r"[a-z][a-z0-9+]*://(?:[^/\s@]+@)?(?P<host>[\w.-]*\w)", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4}|(?::[0-9a-f]{1,4})+)(?![\w:])", re.IGNORECASE)
# A name with a dot is a domain only with a top level that people use; KF-06.raw and lab.toml are files.
_GENERIC_TOPS = "com net org edu gov mil int info biz app dev io example test localhost invalid"
_COUNTRY_TOPS = (
    "ae af ai am at az be by cc ch cn co cz de dk es eu fi fr ge il in ir it jp kg kr kz me nl no pk pl pt ru sa se su "
    "tj tm tr tv ua uk us uz"
)
_TOP_LEVELS = frozenset(f"{_GENERIC_TOPS} {_COUNTRY_TOPS}".split())
_SECTION = 9  # the largest number in what is read as a section and not as an address
_ALLOWED_TOPS = ("example", "localhost")
_DOCUMENTATION = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "127.0.0.0/8",
        "0.0.0.0/32",
        "2001:db8::/32",
        "::1",
    )
)


def lint_text(path: Path, text: str) -> Iterator[Problem]:
    """Yield addresses of the real world in one text. ``path`` is relative to the content root."""
    for number, line in enumerate(text.splitlines(), start=1):
        for host in _hosts(line):
            yield Problem(
                path, f"line {number}", "LK190", f"{host!r} may belong to somebody; use a name under .example"
            )
        for pattern in (_IPV4, _IPV6):
            for match in pattern.finditer(line):
                if not _is_documentation(match[0]):
                    message = f"{match[0]} may belong to somebody; use 192.0.2.0/24, 198.51.100.0/24 or 2001:db8::/32"
                    yield Problem(path, f"line {number}", "LK191", message)


def _hosts(line: str) -> Iterator[str]:
    hosts: dict[str, None] = {}
    for pattern in (_MAIL, _LINK):
        for match in pattern.finditer(line):
            hosts[match["host"]] = None
    for match in _DOMAIN.finditer(line):
        if match["top"].lower() in _TOP_LEVELS:
            hosts[match[0].rpartition("@")[2]] = None
    for host in hosts:
        labels = host.lower().rstrip(".").split(".")
        if labels[-1] not in _ALLOWED_TOPS and not _IPV4.fullmatch(host):
            yield host


def _is_documentation(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return True  # digits with dots that are no address: a version
    if isinstance(address, ipaddress.IPv4Address) and len(set(address.packed)) > 1 and max(address.packed) <= _SECTION:
        return True  # a section of a standard, such as 5.4.4.1
    return any(address in network for network in _DOCUMENTATION)


def lint_placeholders(
    path: Path, key: str, text: str, known: frozenset[str], public: frozenset[str]
) -> Iterator[Problem]:
    """Yield placeholders of one text that the case does not know or does not show."""
    for name in placeholders(text):
        if name in public:
            continue
        if name in known:
            yield Problem(path, key, "LK181", f"{{{name}}} is not a public variable and may give an answer away")
        else:
            yield Problem(
                path, key, "LK180", f"the case has no variable {{{name}}}; write {{{{{name}}}}} for plain text"
            )


def lint_review(path: Path, text: str, language: str) -> Iterator[Problem]:
    """Yield a problem where the last line of a text does not say whether its legal terms are reviewed."""
    last = text.strip().rpartition("\n")[2].strip()
    mark = NOT_REVIEWED.get(language)
    if mark is not None and last != mark and not REVIEWED[language].fullmatch(last):
        yield Problem(path, "last line", "LK200", f"must be {mark!r}, or name the reviewer and the day")


def document(path: Path, root: Path, problems: list[Problem]) -> Document | None:
    """Return one text cut at its headings, or None; problems are added to the list."""
    relative = path.relative_to(root)
    try:
        cut_text = cut(read_text(path))
    except ContentError as error:
        problems.append(Problem(relative, "", "LK122", error.message))
        return None
    if not cut_text.title:
        problems.append(Problem(relative, "", "LK122", "has no title; begin with a line '# Title'"))
    return cut_text


def lint_brief(path: Path, brief: Document, task_count: int) -> Iterator[Problem]:
    """Yield headings of a brief that do not follow the tasks."""
    if len(brief.sections) != task_count:
        message = f"has {len(brief.sections)} headings of level 2, exercise.toml has {task_count} tasks"
        yield Problem(path, "", "LK131", message)
    for number, section in enumerate(brief.sections, start=1):
        if section.number != number:
            yield Problem(path, section.heading, "LK131", f"must begin with '{number}. '")
        elif not section.text_markdown:
            yield Problem(path, section.heading, "LK131", "has no text")


def lint_hints(path: Path, hints: Document, brief: Document, *, complete: bool) -> Iterator[Problem]:
    """Yield hints that do not belong to a heading of the brief, and tasks without hints where all must have one."""
    headings = [section.heading for section in brief.sections]
    seen: list[str] = []
    for section in hints.sections:
        if section.heading not in GENERAL_HEADINGS and section.heading not in headings:
            near = next((text for text in headings if bare_heading(text) == bare_heading(section.heading)), None)
            near = near or next((text for text in headings if text.partition(".")[0] == str(section.number)), None)
            message = f"is not a heading of the brief{f'; the brief has {near!r}' if near else ''}"
            yield Problem(path, section.heading, "LK130", message)
        if section.heading in seen:
            yield Problem(path, section.heading, "LK130", "stands there twice")
        seen.append(section.heading)
        items, outside = hint_items(section.text_markdown)
        for line in outside:
            yield Problem(path, section.heading, "LK132", f"{line[:40]!r} stands outside of a list item")
        if not items or not all(items):
            yield Problem(path, section.heading, "LK132", "has no hint, or an empty one; begin each with '- '")
    if complete:
        for heading in headings:
            if heading not in seen:
                yield Problem(path, heading, "LK132", "has no hints")
