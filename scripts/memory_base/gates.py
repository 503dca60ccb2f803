"""What must hold before a base is published. Each gate returns what is wrong, in sentences; nothing is right."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from memory_base.copies import ENCODED, PAGE, encoded_residues
from memory_base.entries import Entry, ValueEntry
from memory_base.tokens import SHORT, TOKENS, placeholder

_TEXT = re.compile(rb"[ -~]{3,}")


def texts_in(image: bytes) -> bytes:
    """Return all printable texts of an image, one a line: little to search through."""
    return b"\n".join(_TEXT.findall(image))


def counts_are_equal(image: bytes, entries: list[Entry]) -> Iterator[str]:
    """Every whole copy that a plain search finds is in the map, and no other one."""
    mapped = Counter(
        entry.token
        for entry in entries
        if isinstance(entry, ValueEntry)
        and entry.form == "text"
        and entry.end - entry.begin == TOKENS[entry.token].width
    )
    texts = texts_in(image)
    for token in TOKENS.values():
        if token.text and not token.template:
            wanted = (token.before.removesuffix("\0") if token.name == "relay_octet" else "") + token.placeholder
            found = texts.count(wanted.encode())
            if found != mapped[token.name]:
                yield f"{token.name} stands {found} times in the capture and {mapped[token.name]} times in the map"
            if not found:
                yield f"{token.name} does not stand in the capture"


def straddling_copies_are_whole(entries: list[Entry]) -> Iterator[str]:
    """A fragment that ends or begins with a page has its other part in the map."""
    values = [entry for entry in entries if isinstance(entry, ValueEntry)]
    begins = Counter((entry.token, entry.begin) for entry in values if entry.at % PAGE == 0)
    ends = Counter((entry.token, entry.end) for entry in values if (entry.at + entry.size_bytes) % PAGE == 0)
    for entry in values:
        width, end = TOKENS[entry.token].width, entry.at + entry.size_bytes
        if entry.end < width and end % PAGE == 0 and not begins[entry.token, entry.end]:
            yield f"the rest of {entry.token} behind {entry.at:#x} is not known"
        if entry.begin > 0 and entry.at % PAGE == 0 and not ends[entry.token, entry.begin]:
            yield f"the beginning of {entry.token} before {entry.at:#x} is not known"


def nothing_is_left(image: bytes, values: Mapping[str, bytes], entries: list[Entry]) -> Iterator[str]:
    """In a personalised image no piece of six or more characters of a placeholder is left, in any encoding."""
    views = {"in one piece": (image,), "every second byte": (image[::2], image[1::2])}
    texts = {how: b"\n".join({text for view in seen for text in _TEXT.findall(view)}) for how, seen in views.items()}
    for token in TOKENS.values():
        if token.text and token.width >= SHORT and not token.template:
            text = token.placeholder
            pieces = {text[place : place + SHORT] for place in range(token.width - SHORT + 1)}
            for how, searched in texts.items():
                left = [piece for piece in pieces if piece.encode() in searched]
                if left:
                    yield f"{left[0]!r} of {token.name} is left, {how}"
    mapped = [entry for entry in entries if isinstance(entry, ValueEntry)]
    yield from (f"the encoded configuration is left at {place:#x}" for place in encoded_residues(image, ()))
    if values[ENCODED] not in image and not _is_split(mapped):
        yield "the encoded configuration of the sample is not in the image"


def _is_split(entries: list[ValueEntry]) -> bool:
    width = TOKENS[ENCODED].width
    return all(entry.end - entry.begin < width for entry in entries if entry.token == ENCODED)


def nothing_is_on_the_console(console: bytes) -> Iterator[str]:
    """What the machine printed holds no placeholder, and no complaint."""
    for token in TOKENS.values():
        if token.width >= SHORT and not token.template and placeholder(token.name).encode() in console:
            yield f"{token.name} was printed"
    for complaint in (b"can't", b"not found", b"No such", b"Oops", b"BUG:", b"Segmentation", b"Out of memory"):
        if complaint in console:
            yield f"the machine complained: {console.decode(errors='replace')[-300:]}"


def reader_agrees(
    truth: Mapping[str, Any], seen: Mapping[str, Any], texts: Mapping[str, str], shift_s: int, hidden: int
) -> Iterator[str]:
    """A reader finds in the personalised image what the truth says, filled with the values of the sample."""
    expected = moved(filled_in({key: truth[key] for key in seen}, texts), shift_s)
    expected["processes"] = [one for one in expected["processes"] if one["pid"] != hidden]
    expected["open_files"] = [one for one in expected["open_files"] if one["pid"] != hidden]
    for key, wanted in expected.items():
        if seen[key] != wanted:
            yield f"{key} of the personalised image differ: {_difference(wanted, seen[key])}"


def filled_in(value: Any, texts: Mapping[str, str]) -> Any:
    """Return a copy of ``value`` in which every ``{token}`` is replaced."""
    if isinstance(value, str):
        return value.format_map(texts)
    if isinstance(value, list):
        return [filled_in(one, texts) for one in value]
    return {key: filled_in(one, texts) for key, one in value.items()} if isinstance(value, dict) else value


def moved(value: Any, shift_s: int, captured_from: int = 1_773_000_000) -> Any:
    """Return a copy of ``value`` in which every time (a key that ends with ``_s``) of the story is moved."""
    if isinstance(value, list):
        return [moved(one, shift_s, captured_from) for one in value]
    if isinstance(value, dict):
        return {
            key: one + shift_s
            if key.endswith("_s") and isinstance(one, int) and one > captured_from
            else moved(one, shift_s, captured_from)
            for key, one in value.items()
        }
    return value


def _difference(wanted: Any, found: Any) -> str:
    if isinstance(wanted, list) and isinstance(found, list):
        for one, other in zip(wanted, found, strict=False):
            if one != other:
                return f"{one} is {other}"
        return f"{len(wanted)} are {len(found)}"
    return f"{wanted} is {found}"
