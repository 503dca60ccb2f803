"""Items of kind ``files``: four small texts, two of them equal and one a near twin, and a note of a local time."""

from collections.abc import Iterator
from datetime import UTC, datetime

from labkit.errors import SynthesisError
from labkit.hashing import digest_bytes
from labkit.model.truth import Trace
from labkit.synthesis.clock import zone
from labkit.synthesis.medium import Medium
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.streams import Stream
from labkit.synthesis.traces import digest_facts
from labkit.synthesis.variables import fill
from labkit.synthesis.world.everyday import paragraphs

TEXT_BYTES = 1024
_LINE_CHARACTERS = 72
# Characters that a reader takes for each other on a screen; the first differing byte is one of them.
_LOOK_ALIKES = {"l": "1", "1": "l", "o": "0", "0": "o"}
_UNTOUCHED_START = 32
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def quartet_traces(played: PlayedItem, shelf: Shelf) -> Iterator[Trace]:
    """Write the four texts and yield their traces: each file, the equal pair, the near twins."""
    stream = Stream(played.seed, f"quartet/{played.item.slug}")
    text = _text(stream)
    places = [place for place, letter in enumerate(text) if letter in _LOOK_ALIKES and place >= _UNTOUCHED_START]
    place = stream.pick(places)
    twin = text[:place] + _LOOK_ALIKES[text[place]] + text[place + 1 :]
    pair = (played.setting("quartet_pair_1"), played.setting("quartet_pair_2"))
    twin_name, other_name = played.setting("quartet_twin"), played.setting("quartet_other")
    contents = {pair[0]: text, pair[1]: text, twin_name: twin, other_name: _text(stream)}
    near = (played.setting("quartet_near_1"), played.setting("quartet_near_2"))
    if len(contents) != 4 or twin_name not in near or len({contents.get(name) for name in near}) != 2:  # noqa: PLR2004
        raise SynthesisError(
            f"the four files of the item {played.item.slug} do not go together: {', '.join((*contents, *near))}",
            remedy="Give four different names, and as near twins the twin and one of the pair.",
        )
    for name, content in sorted(contents.items()):
        data = content.encode("ascii")
        facts = digest_facts(shelf.put(f"{played.item.slug}/{name}", data))
        facts |= {"name": name, "sha256_with_newline": digest_bytes(data + b"\n").sha256}
        yield Trace(f"file-{name.partition('.')[0]}", "plain_file", None, facts)
    yield Trace("identical-pair", "comparison", None, {"names": tuple(sorted(pair))})
    yield Trace("near-twins", "comparison", None, {"names": near, "file_offset_bytes": place, "offset_bytes": place})


def note_trace(played: PlayedItem) -> Trace:
    """Return the trace of a moment that somebody noted as local time."""
    local = datetime.fromisoformat(fill(f"{{{played.setting('note_variable')}}}", played.values))
    place = played.setting("note_zone")
    return Trace(
        played.setting("note_trace"),
        "moment",
        None,
        {
            "local_text": f"{local.hour:02d}:{local.minute:02d} on {local.day} {_MONTHS[local.month - 1]} {local.year}",
            "at_utc": local.replace(tzinfo=zone(place)).astimezone(UTC),
            "zone": place,
        },
    )


def fill_small_medium(medium: Medium, stream: Stream) -> None:
    """Give a medium without a file system something personal to hold: texts, then bytes without a pattern."""
    half = medium.size_bytes // 2
    text = " ".join(paragraphs(stream, "en", half)).encode()[:half]
    medium.write(0, text + stream.take(half // 2))


def _text(stream: Stream) -> str:
    """Return English everyday text of exactly 1024 ASCII bytes that ends with a full stop and without a line end."""
    lines = [""]
    for word in " ".join(paragraphs(stream, "en", TEXT_BYTES + 200)).split():
        if len(lines[-1]) + len(word) >= _LINE_CHARACTERS:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)[: TEXT_BYTES - 1].rstrip().ljust(TEXT_BYTES - 1, ".") + "."
