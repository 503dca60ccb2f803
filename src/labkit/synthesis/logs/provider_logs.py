"""The provider's two logs as they were exported: records with numbers, in the local time of the servers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.mail import MONTHS
from labkit.synthesis.logs.sessions import Login, Request
from labkit.synthesis.logs.told import ToldLogs
from labkit.synthesis.logs.workspace import SERVICE_ENDPOINT, Workspace

_AUTH_HEAD = f"""\
# CloudNest auth log, workspace kestrel-freight. Service: drive.cloudnest.example {SERVICE_ENDPOINT}
# Times: local time of the server, without an offset (see KF-07-export-note.txt)
# peer = who connected to this server; fwd = the client as the front proxy saw it, address:port; sid = session
"""


@dataclass(frozen=True, slots=True)
class NumberedLog:
    """A log with a number in front of each record; ``tagged`` are the numbers of what the story names."""

    text: str
    first: int
    count: int
    tagged: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Gap:
    """A range of records that the export lacks. Numbers of records; both ends are missing."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """Return how many are missing."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class ProviderLogs:
    """The export: the log of log-ins, the log of requests with its gap, and that log as it was before."""

    auth: NumberedLog
    access: NumberedLog
    whole_access: str
    gap: Gap


def provider_logs(told: ToldLogs, workspace: Workspace) -> ProviderLogs:
    """Return both logs.

    Raises:
        SynthesisError: The records that would be lost are needed.
    """
    stream = told.stream("records")
    auth_first, access_first = stream.between(100_000, 160_000), stream.between(2_000_000, 2_600_000)
    auth = [_auth_line(told, auth_first + place, one) for place, one in enumerate(workspace.logins)]
    access = [_access_line(told, access_first + place, one) for place, one in enumerate(workspace.requests)]
    tagged = {one.tag: access_first + place for place, one in enumerate(workspace.requests) if one.tag}
    begin = tagged["share-made"] + stream.between(2, 4)
    gap = Gap(begin, begin + stream.between(9, 17) - 1)
    swallowed = sorted(tag for tag, number in tagged.items() if gap.first <= number <= gap.last)
    if swallowed:
        raise SynthesisError(
            f"the records that the export lacks hold {', '.join(swallowed)}",
            remedy="Let more time pass after the event outside-login.",
        )
    kept = access[: gap.first - access_first] + access[gap.last + 1 - access_first :]
    named = {one.tag: auth_first + place for place, one in enumerate(workspace.logins) if one.tag}
    return ProviderLogs(
        auth=NumberedLog(_AUTH_HEAD + "".join(auth), auth_first, len(auth), named),
        access=NumberedLog("".join(kept), access_first, len(kept), tagged),
        whole_access="".join(access),
        gap=gap,
    )


def export_note(told: ToldLogs, stated: Mapping[str, str]) -> str:
    """Return the note that goes with the export; ``stated`` are the SHA-256 digests that it gives, by file name."""
    begin, end = told.spec.exported_from, told.spec.exported_until
    digests = "\n".join(f"{digest}  {name}" for name, digest in stated.items())
    exported = told.moments["exported"].astimezone(told.provider_zone)
    return f"""\
CloudNest, Ostrania. Export of account data {told.values["reference"]}
For: case {told.values["case_number"]}, by request of the authorities of Norvia

Workspace   kestrel-freight
Period      {_local(told, begin)} to {_local(told, end)}, local time of the servers
Local time  {told.values["provider_rule"]}
Clocks      all servers are synchronised; error below 0.1 s
Exported    {exported:%Y-%m-%d %H:%M:%S %z}

Files
  KF-07-auth.log     log-ins and logouts. A number, the local time, what happened, and fields:
                     peer = who connected to the server, our front proxy; fwd = client, address and port, as the
                     front proxy saw it; sid = session
  KF-07-access.log   requests. A number, then the combined format; after it xff = client, sid = session.
                     The first address is that of our front proxy. The port of the client is not kept here.
Numbers of records are given without a gap when they are written.

SHA-256, made when the files were written
{digests}
"""


def _auth_line(told: ToldLogs, number: int, one: Login) -> str:
    return (
        f"{number} {_local(told, one.at)} {one.what} user={one.user} peer={one.peer} fwd={one.client}"
        f' sid={one.session or "-"} ua="{one.agent}"\n'
    )


def _access_line(told: ToldLogs, number: int, one: Request) -> str:
    return (
        f"{number} {one.proxy} - {one.user or '-'} [{_common_time(told, one.at)}]"
        f' "{one.method} {one.path} HTTP/1.1" {one.status} {one.size_bytes} "-" "{one.agent}"'
        f" xff={one.client} sid={one.session or '-'}\n"
    )


def _local(told: ToldLogs, at: datetime) -> str:
    local = told.provider_clock.shown(at)
    return f"{local:%Y-%m-%d %H:%M:%S}"


def _common_time(told: ToldLogs, at: datetime) -> str:
    """Return a time as web servers write it: 17/Feb/2026:19:12:33 +0200."""
    local = told.provider_clock.shown(at)
    return f"{local.day:02d}/{MONTHS[local.month - 1]}/{local:%Y:%H:%M:%S %z}"
