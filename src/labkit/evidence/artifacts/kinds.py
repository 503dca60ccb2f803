"""All kinds of artifacts, and the names by which one asks for them."""

from collections.abc import Collection

from labkit.errors import EvidenceError
from labkit.evidence.artifacts import (
    archive,
    documents,
    event_log,
    mail,
    pdf_notes,
    photo,
    prefetch,
    recycle_bin,
    setup_log,
    shortcut,
    zone_identifier,
)
from labkit.evidence.artifacts.browser import chromium, firefox
from labkit.evidence.artifacts.parser import ArtifactParser
from labkit.evidence.artifacts.registry import account, software, system

PARSERS: tuple[ArtifactParser, ...] = (
    system.PARSER,
    software.PARSER,
    account.PARSER,
    event_log.PARSER,
    shortcut.PARSER,
    prefetch.PARSER,
    recycle_bin.PARSER,
    zone_identifier.PARSER,
    setup_log.PARSER,
    chromium.PARSER,
    firefox.PARSER,
    mail.PARSER,
    documents.PARSER,
    pdf_notes.PARSER,
    photo.PARSER,
    archive.PARSER,
)
KINDS = {kind: line for parser in PARSERS for kind, line in parser.kinds.items()}
GROUPS = {
    name: frozenset(kind for parser in PARSERS if parser.name == name for kind in parser.kinds)
    for name in dict.fromkeys(parser.name for parser in PARSERS)
    if name not in KINDS
}


def kinds_named(names: Collection[str]) -> frozenset[str]:
    """Return the kinds that names of kinds and of groups stand for; all without a name.

    Raises:
        EvidenceError: One of them is neither.
    """
    unknown = sorted(set(names) - KINDS.keys() - GROUPS.keys())
    if unknown:
        raise EvidenceError(
            f"{', '.join(unknown)} is no kind of artifact that labkit reads",
            remedy=f"Name one or more of {', '.join([*GROUPS, *KINDS])}.",
        )
    if not names:
        return frozenset(KINDS)
    return frozenset(kind for name in names for kind in GROUPS.get(name, {name}))
