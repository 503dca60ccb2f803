"""The provider's logs, read line by line with patterns of their own, and the note that goes with them.

What an exercise asks for is looked for as a trainee would: the request that wrote the invoice over, its session, the
log-in of that session. Times come from the zone database for the one log, from the offset of each line for the other.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, statement, weigh
from labkit.verification.network_capture import router_offset_s
from labkit.verification.programs import ask
from labkit.zones import zone as zone_named

_AUTH, _ACCESS, _NOTE = "KF-07-auth.log", "KF-07-access.log", "KF-07-export-note.txt"
_PLAIN = "lines of the log"
_LOGIN = re.compile(
    r"^(?P<record>\d+) (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?P<what>login ok|login failed|logout)"
    r" user=(?P<user>\S+) peer=(?P<peer>\S+) fwd=(?P<client>\S+) sid=(?P<session>\S+) ua=\"[^\"]*\"$",
    re.MULTILINE,
)
_REQUEST = re.compile(
    r"^(?P<record>\d+) (?P<proxy>\S+) - (?P<user>\S+) \[(?P<time>[^\]]+)\] \"(?P<method>[A-Z]+) (?P<url>\S+)"
    r" HTTP/1\.1\" (?P<status>\d+) \d+ \"-\" \"[^\"]*\" xff=(?P<client>\S+) sid=(?P<session>\S+)$",
    re.MULTILINE,
)
_SERVICE = re.compile(r"^# .*Service: \S+ (\S+)$", re.MULTILINE)
_STATED = re.compile(r"^([0-9a-f]{64})  (\S+)$", re.MULTILINE)
_SUMMER, _WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


def confirm_provider_log(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of one log: its digests, how many records it has, and what the note states for it."""
    path = item.file(str(trace.facts["name"]))
    data = path.read_bytes()
    facts: dict[str, Any] = {"name": path.name, "size_bytes": len(data)}
    facts |= {name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")}
    stated = {name: digest for digest, name in _STATED.findall(_text(item, _NOTE))}
    records = len((_LOGIN if path.name == _AUTH else _REQUEST).findall(data.decode("ascii")))
    told = {"stated_sha256": stated.get(path.name, ""), "record_count": records}
    lines = sum(not line.startswith(b"#") for line in data.splitlines())
    yield from weigh(trace, [Testimony("hashlib", facts), Testimony(_PLAIN, told), _by_sha256sum(trace, item)])
    yield statement(trace.id, "(every line is a record)", _PLAIN, lines, records)


def confirm_record_gap(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the only range of numbers that a log lacks."""
    numbers = [int(found["record"]) for found in _REQUEST.finditer(_text(item, str(trace.facts["name"])))]
    breaks = [(one, other) for one, other in pairwise(numbers) if other != one + 1]
    if len(breaks) != 1:
        yield from weigh(trace, [Testimony(_PLAIN, {"first_record": Unreadable(f"{len(breaks)} gaps")})])
        return
    before, after = breaks[0]
    facts = {
        "name": str(trace.facts["name"]),
        "first_record": before + 1,
        "last_record": after - 1,
        "record_count": after - before - 1,
        "before_record": before,
        "after_record": after,
    }
    yield from weigh(trace, [Testimony(_PLAIN, facts)])


def confirm_provider_login(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a log-in; the one in question is found by what was done in its session."""
    logins = list(_LOGIN.finditer(_text(item, _AUTH)))
    if trace.id == "login":
        session = _session_of_the_change(item)
        found = [one for one in logins if one["session"] == session and one["what"] == "login ok"]
    else:
        found = [one for one in logins if int(one["record"]) == trace.facts["record"]]
    if len(found) != 1:
        yield from weigh(trace, [Testimony(_PLAIN, {"record": Unreadable(f"{len(found)} such log-ins")})])
        return
    login = found[0]
    facts = _ends(login["client"]) | {
        "name": _AUTH,
        "record": int(login["record"]),
        "user": login["user"],
        "text": login["session"],
        **_times(trace, datetime.fromisoformat(login["time"])),
    }
    if "proxy_endpoint" in trace.facts:
        facts |= _beside(login, logins, item)
    yield from weigh(trace, [Testimony(_PLAIN, facts), *_by_other_clock(trace, item, facts)])


def confirm_web_request(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of one request."""
    for found in _REQUEST.finditer(_text(item, _ACCESS)):
        if int(found["record"]) == trace.facts["record"]:
            at = datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z")
            facts = {
                "name": _ACCESS,
                "record": int(found["record"]),
                "url": found["url"],
                "host": found["client"],
                "proxy_host": found["proxy"],
                "user": found["user"],
                "text": found["session"],
                "at_utc": at.astimezone(UTC),
                "at_local": at.replace(tzinfo=UTC),
            }
            yield from weigh(trace, [Testimony(_PLAIN, facts)])
            return
    yield from weigh(trace, [Testimony(_PLAIN, {"record": Unreadable("the log has no such record")})])


def _session_of_the_change(item: BuiltItem) -> str:
    """Return the session in which the invoice was written over: the only request of its kind on that file."""
    url = str(item.truth.traces["invoice-change"].facts["url"])
    changes = [
        found["session"]
        for found in _REQUEST.finditer(_text(item, _ACCESS))
        if found["url"] == url and found["method"] == "PUT" and found["status"] == "204"
    ]
    if len(changes) != 1:
        raise ValueError(f"{len(changes)} requests wrote over {url}")
    return changes[0]


def _beside(login: re.Match[str], logins: list[re.Match[str]], item: BuiltItem) -> dict[str, Any]:
    """Return what stands near the log-in in question and is taken for it: proxy, service, earlier try, neighbour."""
    at, address = datetime.fromisoformat(login["time"]), login["client"].partition(":")[0]
    failed = [
        one
        for one in logins
        if one["what"] == "login failed" and one["user"] == login["user"] and int(one["record"]) < int(login["record"])
    ]
    near = [
        one
        for one in logins
        if one["what"] == "login ok" and one["user"] != login["user"] and one["client"].partition(":")[0] == address
    ]
    neighbour = min(near, key=lambda one: abs(datetime.fromisoformat(one["time"]) - at), default=None)
    nobody = Unreadable("nobody else has this address")
    service = _SERVICE.search(_text(item, _AUTH))
    return {
        "proxy_endpoint": login["peer"],
        "proxy_host": login["peer"].partition(":")[0],
        "server_endpoint": service[1] if service else Unreadable("the head names no service"),
        "failed_endpoint": failed[-1]["client"] if failed else Unreadable("no try failed before"),
        "neighbour_endpoint": neighbour["client"] if neighbour else nobody,
        "neighbour_user": neighbour["user"] if neighbour else nobody,
    }


def _times(trace: Trace, local: datetime) -> dict[str, Any]:
    """Return a local time as what it is, and as typical mistakes read it."""
    zone = zone_named(str(trace.facts["zone"]))
    at = local.replace(tzinfo=zone).astimezone(UTC)
    digits = local.replace(tzinfo=UTC)
    ahead = digits - at
    others = {digits - (moment.astimezone(zone).utcoffset() or timedelta()) for moment in (_SUMMER, _WINTER)} - {at}
    return {
        "at_utc": at,
        "at_local": digits,
        "at_twice_utc": at - ahead,
        "at_other_rule_utc": others.pop() if len(others) == 1 else Unreadable(f"{len(others)} other rules"),
    }


def _by_other_clock(trace: Trace, item: BuiltItem, facts: Mapping[str, Any]) -> Iterator[Testimony]:
    if "at_other_clock_utc" in trace.facts:
        at = facts["at_utc"] - timedelta(seconds=router_offset_s(item))
        yield Testimony("the router's error", {"at_other_clock_utc": at})


def _ends(endpoint: str) -> dict[str, Any]:
    host, _, port = endpoint.partition(":")
    return {"endpoint": endpoint, "host": host, "port": int(port)}


def _by_sha256sum(trace: Trace, item: BuiltItem) -> Testimony:
    answer = ask("sha256sum", item.file(str(trace.facts["name"])))
    facts = None if answer is None else {"sha256": answer.text.partition(" ")[0]}
    return Testimony("sha256sum", facts, ("sha256",))


def _text(item: BuiltItem, name: str) -> str:
    return item.file(name).read_text(encoding="ascii")


PROVIDER_KINDS: Mapping[str, Callable[[Trace, BuiltItem], Iterator[Confirmation]]] = {
    "provider_log": confirm_provider_log,
    "record_gap": confirm_record_gap,
    "provider_login": confirm_provider_login,
    "web_request": confirm_web_request,
}
