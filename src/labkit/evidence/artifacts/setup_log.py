r"""``Windows\INF\setupapi.dev.log``: installations of drivers, in the local time of the machine.

Source: Microsoft, "SetupAPI text logs" (Windows drivers documentation): sections begin with ``>>>`` and end with
``<<<``.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from labkit.evidence.artifacts.moments import from_local
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known
from labkit.evidence.artifacts.source import Source

_LONGEST_LINE = 64 * 1024
_TITLE = re.compile(r">>>\s+\[(?P<title>.*?)(?: - (?P<subject>.*))?\]\s*$")
_START = re.compile(r">>>\s+Section start (?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3})")
_STATUS = re.compile(r"<<<\s+\[Exit status: (?P<status>.*)\]")


def _records(source: Source, problem: Problem) -> Iterator[ArtifactRecord]:
    title, subject, local, begin = "", None, None, 0
    with source.opened() as file:
        while True:
            offset = file.tell()
            line = file.readline(_LONGEST_LINE)
            if not line:
                break
            text = line.decode("utf-8", "backslashreplace")
            if found := _TITLE.match(text):
                title, subject, local, begin = found["title"], found["subject"], None, offset
            elif found := _START.match(text):
                try:
                    local = datetime.strptime(found["time"], "%Y/%m/%d %H:%M:%S.%f")  # noqa: DTZ007 - it has no zone
                except ValueError:
                    problem(f"at byte {offset}: {found['time']} is no time")
            elif (found := _STATUS.match(text)) and title:
                details = known(
                    time_of="section start",
                    section=title,
                    subject=subject,
                    at_local=None if local is None else local.isoformat(timespec="milliseconds"),
                    status=found["status"],
                )
                at = None if local is None else from_local(local, source.zone)
                yield source.record("setup_log", at, f"{title}: {subject or '-'}", details, offset_bytes=begin)
                title = ""
    if title:
        problem(f"the section that begins at byte {begin} has no end")


PARSER = ArtifactParser(
    name="setup_log",
    kinds={"setup_log": "setupapi.dev.log: installations of devices, in local time"},
    patterns=("*/setupapi.dev*.log",),
    records=_records,
)
