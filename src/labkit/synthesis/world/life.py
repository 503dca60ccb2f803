"""Ordinary life on a stick: everyday files that come, change and go over months.

Every file draws from a stream of its own, seeded by the trainee, so that no two trainees share a block of it and
comparing two images does not point at what was planted.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from labkit.errors import SynthesisError
from labkit.model.scenario import Action, Content, ItemScenario, Life
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.streams import Stream
from labkit.synthesis.words import word_list

_WAKING_HOURS = (8, 22)
_MOST_DRAWS = 60
_SOONEST_CHANGE = timedelta(minutes=5)
_OLDEST, _YOUNGEST = timedelta(days=40), timedelta(minutes=30)  # how much older than its arrival a file is


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of everyday file: its generator, endings, and sizes in bytes."""

    generator: str
    extensions: tuple[str, ...]
    smallest: int
    spread: int
    name: Callable[[Stream, str, datetime], str]
    speaks: bool = True  # whether the generator takes a language


def _topic_name(stream: Stream, language: str, at: datetime) -> str:
    topic = stream.pick(word_list(f"topic_{language}"))
    month = stream.pick(word_list(f"month_{language}"))
    tail = stream.pick((f" {month}", f"_{at.year}", f" {stream.between(2, 19)}", f"_{at.day:02d}-{at.month:02d}", ""))
    return topic + tail


def _photo_name(stream: Stream, language: str, at: datetime) -> str:
    scene = stream.pick(word_list(f"scene_{language}"))
    return stream.pick(
        (
            f"IMG_{at.year}{at.month:02d}{at.day:02d}_{at.hour:02d}{at.minute:02d}{at.second:02d}",
            f"DSC0{stream.between(1000, 9999)}",
            f"{scene} {stream.between(2, 30)}",
            f"{scene} {stream.pick(word_list('place'))} {stream.between(2, 30)}",
        )
    )


def _song_name(stream: Stream, _language: str, _at: datetime) -> str:
    return f"{stream.pick(word_list('band'))} - {stream.pick(word_list('song'))}"


KINDS: Mapping[str, _Kind] = {
    "photo": _Kind("photo", ("jpg",), 24 * 1024, 56 * 1024, _photo_name, speaks=False),
    "camera-photo": _Kind("camera-photo", ("jpg",), 36 * 1024, 48 * 1024, _photo_name, speaks=False),
    "music": _Kind("music", ("mp3",), 60 * 1024, 50 * 1024, _song_name, speaks=False),
    "pdf": _Kind("pdf", ("pdf",), 6 * 1024, 18 * 1024, _topic_name, speaks=False),
    "document": _Kind("document", ("docx",), 6 * 1024, 10 * 1024, _topic_name),
    "spreadsheet": _Kind("spreadsheet", ("xlsx", "xlsx", "ods", "csv"), 5 * 1024, 6 * 1024, _topic_name),
    "note": _Kind("note", ("txt",), 512, 3 * 1024, _topic_name),
}


def plan_life(item: ItemScenario, seed: bytes, clock: DeviceClock) -> Iterator[Action]:
    """Yield the actions of everyday life, in no order: the world sorts them among those of the story.

    Raises:
        SynthesisError: There is no such kind of file.
    """
    taken = {_key(action.path) for action in item.actions} | {_key(action.to_path) for action in item.actions}
    for number, life in enumerate(item.life):
        name = f"life/{item.slug}/{number}"
        doomed = set(Stream(seed, f"{name}/deletions").sample(range(life.count), life.deletions))
        for index in range(life.count):
            yield from _one_file(life, Stream(seed, f"{name}/{index}"), clock, taken, doomed=index in doomed)


def _one_file(life: Life, stream: Stream, clock: DeviceClock, taken: set[str], *, doomed: bool) -> Iterator[Action]:
    kind_name = stream.pick(life.kinds)
    kind = KINDS.get(kind_name)
    if kind is None:
        raise SynthesisError(
            f"everyday life in {life.folder} has the unknown kind {kind_name!r}",
            remedy=f"Take one of: {', '.join(sorted(KINDS))}.",
        )
    language = stream.pick(life.languages)
    at = _waking_moment(stream, clock, life.begin, life.end)
    # Most files come from a computer or a camera: they are older than their arrival on the stick, and named then.
    older = _waking_moment(stream, clock, at - _OLDEST, at - _YOUNGEST) if stream.below(3) else None
    stem, extension = kind.name(stream, language, clock.local(older or at)), stream.pick(kind.extensions)
    path = free_path(f"{life.folder}/{stem}", extension, taken)
    content = Content(
        generator=f"{kind.generator}:{language}" if kind.speaks else kind.generator,
        size_bytes=kind.smallest,
        spread_bytes=kind.spread,
    )
    yield Action("create", at, path=path, content=content, modified=older, volume=life.volume)
    later = [_waking_moment(stream, clock, at, life.end) for _ in range(4)]
    later = sorted(moment for moment in later if at + _SOONEST_CHANGE < moment < life.end)
    if not later:
        return
    if doomed:
        yield Action("delete", later[-1], path=path, volume=life.volume)
        later = [moment for moment in later if moment < later[-1]]
    if later and kind_name == "note" and not stream.below(3):
        more = Content(generator=content.generator, size_bytes=200, spread_bytes=512)
        yield Action("append", later[0], path=path, content=more, volume=life.volume)
    elif later and kind_name in {"document", "spreadsheet"} and not stream.below(4):
        yield Action("overwrite", later[0], path=path, content=content, volume=life.volume)
    elif later and not doomed and not stream.below(12):
        version = stream.pick(word_list(f"version_{language}"))
        to_path = free_path(f"{path.rpartition('.')[0]} {version}", extension, taken)
        yield Action("rename", later[-1], path=path, to_path=to_path, volume=life.volume)
    elif later and stream.below(2):
        yield Action("open", later[-1], path=path, volume=life.volume)


def _waking_moment(stream: Stream, clock: DeviceClock, begin: datetime, end: datetime) -> datetime:
    """Return a true time in ``[begin, end)`` at which people are awake, if the window has such times."""
    seconds = max(1, int((end - begin).total_seconds()))
    first, last = _WAKING_HOURS
    for _ in range(_MOST_DRAWS):
        moment = begin + timedelta(seconds=stream.below(seconds))
        if first <= clock.local(moment).hour < last:
            return moment
    return moment


def name_of(kind: str, stream: Stream, language: str, at: datetime) -> str:
    """Return a name for an everyday file of that kind, without its ending; ``at`` is what the clock shows."""
    return KINDS[kind].name(stream, language, at)


def free_path(stem: str, extension: str, taken: set[str]) -> str:
    """Return ``stem.extension``, with a number where that path is taken, and take it."""
    path = f"{stem}.{extension}"
    number = 2
    while _key(path) in taken:
        path = f"{stem} ({number}).{extension}"
        number += 1
    taken.add(_key(path))
    return path


def _key(path: str) -> str:
    return path.upper()
