"""Ordinary days at a computer: from starting it in the morning to shutting it down, drawn from a person and a calendar.

Each day draws from a stream of its own, so that a day more shifts no other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from labkit.model.scenario import Action, ComputerSpec, Content
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.streams import Stream
from labkit.synthesis.words import word_list
from labkit.synthesis.world.life import free_path, name_of

_SATURDAY = 5
_EARLY = 4  # the hour by which it counts on which side of a midnight a day lies, whatever the error of the clock
_LONG_DAY_S = 4 * 3600  # who comes for a moment only does not do the work of a day
_FREE_DAY = 14  # one working day in so many nobody comes
_WRITTEN = ("document", "document", "spreadsheet", "note")  # kinds that this person writes
_FETCHED = ("pdf", "photo", "document")
_PROGRAMS = ("notepad", "calculator", "paint", "archiver", "command-prompt")
_SIZES = {"document": (7_000, 6_000), "spreadsheet": (7_000, 5_000), "note": (300, 2_400), "pdf": (8_000, 12_000),
          "photo": (30_000, 60_000)}  # fmt: skip
_ENDINGS = {"document": "docx", "spreadsheet": "xlsx", "note": "txt", "pdf": "pdf", "photo": "jpg"}
_COLLEAGUES = 9


@dataclass
class Routine:
    """The plan of everyday life of one person, and which documents it left where they are."""

    spec: ComputerSpec
    clock: DeviceClock
    seed: bytes
    documents: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)  # paths in upper case that are not to be used
    appointments: Mapping[date, tuple[datetime, datetime]] = field(
        default_factory=dict
    )  # when the story needs somebody

    def days(self, begin: datetime, end: datetime) -> Iterator[Action]:
        """Yield what happens from ``begin`` to ``end`` (true times), in order.

        A day that has begun already is left out; the last one breaks off at ``end``.
        """
        day = self.clock.shown(begin).date()
        while (early := self._moment(day, _EARLY, 0)) < end:
            if early >= begin:
                yield from (action for action in self._day(day) if action.at < end)
            day += timedelta(days=1)

    def _day(self, day: date) -> Iterator[Action]:
        stream = Stream(self.seed, f"routine/{self.spec.name}/{day.isoformat()}")
        first, last = self.appointments.get(day, (None, None))
        free = stream.below(_FREE_DAY) == 0
        start = self._moment(day, 8, 20) + timedelta(seconds=stream.below(3000))
        end = self._moment(day, 17, 20) + timedelta(seconds=stream.below(4200))
        if day.weekday() >= _SATURDAY:
            if first is None or last is None:
                return
            start, end = first, last
        elif free and first is None:
            return
        if first is not None and last is not None:
            start = min(start, first - timedelta(seconds=stream.between(240, 600)))
            end = max(end, last + timedelta(seconds=stream.between(240, 900)))
        yield Action("boot", start)
        yield Action("log_on", start + timedelta(seconds=stream.between(25, 90)))
        span = int((end - start).total_seconds()) - 900
        doings = [stream.pick(_DOINGS) for _ in range(stream.between(9, 20) if span > _LONG_DAY_S else 0)]
        moments = sorted(stream.below(span) for _ in doings)
        for doing, second in zip(doings, moments, strict=True):
            yield from getattr(self, f"_{doing}")(start + timedelta(seconds=300 + second), stream)
        yield Action("log_off", end)
        yield Action("shut_down", end + timedelta(seconds=stream.between(4, 25)))

    def _browse(self, at: datetime, stream: Stream) -> Iterator[Action]:
        language = stream.pick(self.spec.languages)
        browser = "firefox" if stream.below(6) == 0 else "edge"
        for _ in range(stream.between(1, 5)):
            place, _, title = stream.pick(word_list(f"site_{language}")).partition("|")
            host, _, path = place.partition(" ")
            details = {"url": f"https://{host}{path}", "title": title, "browser": browser}
            yield Action("visit", at, details=details)
            at += timedelta(seconds=stream.between(6, 190))

    def _write(self, at: datetime, stream: Stream) -> Iterator[Action]:
        kind, language = stream.pick(_WRITTEN), stream.pick(self.spec.languages)
        folder = f"/Users/{self.spec.user}{stream.pick(word_list('document_folder'))}"
        path = self._path(folder, kind, language, at, stream)
        self.documents.append(path)
        yield Action("save_document", at, path=path, content=_content(kind, language))

    def _read(self, at: datetime, stream: Stream) -> Iterator[Action]:
        if self.documents:
            yield Action("open_document", at, path=self._recent(stream))

    def _revise(self, at: datetime, stream: Stream) -> Iterator[Action]:
        if not self.documents:
            return
        path = self._recent(stream)
        kind = next((kind for kind, ending in _ENDINGS.items() if path.endswith(ending)), "note")
        if kind in _WRITTEN:
            yield Action("save_document", at, path=path, content=_content(kind, stream.pick(self.spec.languages)))

    def _fetch(self, at: datetime, stream: Stream) -> Iterator[Action]:
        kind, language = stream.pick(_FETCHED), stream.pick(self.spec.languages)
        path = self._path(f"/Users/{self.spec.user}/Downloads", kind, language, at, stream)
        host = stream.pick(word_list(f"site_{language}")).partition(" ")[0]
        url = f"https://{host}/files/{stream.take(5).hex()}.{_ENDINGS[kind]}"
        self.documents.append(path)
        yield Action("download", at, path=path, content=_content(kind, language), details={"url": url})

    def _throw_away(self, at: datetime, stream: Stream) -> Iterator[Action]:
        if len(self.documents) > 12:  # noqa: PLR2004 - people who have little throw nothing away
            path = self.documents.pop(stream.below(len(self.documents) - 4))
            yield Action("recycle", at, path=path)

    def _mail_in(self, at: datetime, stream: Stream) -> Iterator[Action]:
        name, address = self._colleague(stream)
        language = stream.pick(self.spec.languages)
        details = {
            "sender": address,
            "sender_name": name,
            "subject": stream.pick(word_list(f"mail_subject_{language}")),
        }
        yield Action("receive_mail", at, content=_letter(language), details=details)

    def _mail_out(self, at: datetime, stream: Stream) -> Iterator[Action]:
        name, address = self._colleague(stream)
        language = stream.pick(self.spec.languages)
        subject = stream.pick(word_list(f"mail_subject_{language}"))
        details = {"recipient": address, "recipient_name": name, "subject": subject}
        yield Action("send_mail", at, content=_letter(language), details=details)

    def _program(self, at: datetime, stream: Stream) -> Iterator[Action]:
        yield Action("run_program", at, details={"program": stream.pick(_PROGRAMS)})

    def _colleague(self, stream: Stream) -> tuple[str, str]:
        people = Stream(b"colleagues", self.spec.name)
        given, family = people.sample(word_list("given"), _COLLEAGUES), people.sample(word_list("family"), _COLLEAGUES)
        number = stream.below(_COLLEAGUES)
        name = f"{given[number]} {family[number]}"
        return name, f"{given[number]}.{family[number]}@{self.spec.mail.partition('@')[2]}".lower()

    def _recent(self, stream: Stream) -> str:
        """Return a document, one of the last ones more often than an old one."""
        newest = self.documents[-12:] if stream.below(3) else self.documents
        return stream.pick(newest)

    def _path(self, folder: str, kind: str, language: str, at: datetime, stream: Stream) -> str:
        stem = name_of(kind, stream, language, self.clock.local(at))
        return free_path(f"{folder}/{stem}", _ENDINGS[kind], self.taken)

    def _moment(self, day: date, hour: int, minute: int) -> datetime:
        """Return the true time at which the machine's clock shows that time of that day."""
        return self.clock.true_utc(datetime(day.year, day.month, day.day, hour, minute))  # noqa: DTZ001 - local


_DOINGS: Sequence[str] = (
    *("browse",) * 5, *("read",) * 4, *("mail_in",) * 4, *("write",) * 3, *("revise",) * 2, *("mail_out",) * 2,
    *("program",) * 2, "fetch", "throw_away",
)  # fmt: skip


def _content(kind: str, language: str) -> Content:
    smallest, spread = _SIZES[kind]
    generator = {"pdf": "pdf", "photo": "camera-photo"}.get(kind, f"{kind}:{language}")
    return Content(generator=generator, size_bytes=smallest, spread_bytes=spread)


def _letter(language: str) -> Content:
    smallest, spread = _SIZES["note"]
    return Content(generator=f"letter:{language}", size_bytes=smallest, spread_bytes=spread)
