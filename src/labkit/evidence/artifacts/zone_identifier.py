"""The mark that programs put on files from outside: the stream ``Zone.Identifier`` of a file on NTFS.

Source: MS-FSCC, section 5.6.1 "Zone.Identifier Stream Name"; names of the lines as browsers write them.
"""

from collections.abc import Iterator

from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known
from labkit.evidence.artifacts.source import DamagedArtifactError, Source

STREAM = "Zone.Identifier"
_LARGEST_BYTES = 64 * 1024
_ZONES = {"0": "this computer", "1": "local intranet", "2": "trusted sites", "3": "internet", "4": "restricted sites"}
_UTF16_MARK = b"\xff\xfe"


def _records(source: Source, _problem: Problem) -> Iterator[ArtifactRecord]:
    data = source.content(_LARGEST_BYTES)
    text = data.decode("utf-16" if data.startswith(_UTF16_MARK) else "utf-8-sig", "backslashreplace")
    pairs = (line.partition("=") for line in text.splitlines())
    lines = {name.strip().casefold(): value.strip() for name, equals, value in pairs if equals}
    if "zoneid" not in lines:
        raise DamagedArtifactError("it has no line ZoneId=")
    number = lines["zoneid"]
    zone = _ZONES.get(number, "unknown zone")
    from_where = lines.get("hosturl") or lines.get("referrerurl")
    yield source.record(
        "zone_identifier",
        None,
        f"{source.name}: from {zone}" + (f", {from_where}" if from_where else ""),
        known(
            file=source.path,
            zone_id=number,
            zone=zone,
            host_url=lines.get("hosturl"),
            referrer_url=lines.get("referrerurl"),
            writer=lines.get("lastwriterpackagefamilyname"),
        ),
    )


PARSER = ArtifactParser(
    name="zone_identifier",
    kinds={"zone_identifier": "Zone.Identifier: files that came from outside, and from where"},
    patterns=("*",),
    records=_records,
    stream=STREAM,
)
