"""The product ``logs``: the files of KF-07, KF-08 and KF-09, and traces of what can be found in them."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from labkit.hashing import digest_bytes
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.logs.mailbox import LOOK_ALIKE, LOOK_ALIKE_OPTION, RIGHT_DOMAIN, Mailbox, mailbox
from labkit.synthesis.logs.office import CAPTURED_S, Flow, Office, play_office
from labkit.synthesis.logs.packets import Packet, capture_file
from labkit.synthesis.logs.provider_logs import ProviderLogs, export_note, provider_logs
from labkit.synthesis.logs.router_log import router_log
from labkit.synthesis.logs.sessions import LOGIN, Login
from labkit.synthesis.logs.told import Connection, ToldLogs, told_logs
from labkit.synthesis.logs.traffic import captured_packets
from labkit.synthesis.logs.workspace import SERVICE_ENDPOINT, Workspace, play_workspace
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.traces import digest_facts

Facts = dict[str, FactValue]
AUTH, ACCESS, NOTE = "KF-07-auth.log", "KF-07-access.log", "KF-07-export-note.txt"
MAILBOX = "KF-08"
ROUTER_LOG, CAPTURE, SHEET = "KF-09-router.log", "KF-09.pcap", "KF-09-note.txt"
_REQUESTS = ("invoice-change", "first-upload", "share-visit", "share-download", "share-fetched", "session-elsewhere")
_LOGINS = ("upload-login", "office-login", "failed-login")


def log_traces(played: PlayedItem, shelf: Shelf) -> Iterator[Trace]:
    """Write the files; yield the traces.

    Raises:
        SynthesisError: The scenario has no ``[logs]``, or its moments do not go together.
    """
    told = told_logs(played)
    yield from _provider(told, shelf)
    yield from _mail(told, shelf)
    yield from _network(told, shelf)


def _provider(told: ToldLogs, shelf: Shelf) -> Iterator[Trace]:
    workspace = play_workspace(told)
    logs = provider_logs(told, workspace)
    stated = {AUTH: _sha256(logs.auth.text), ACCESS: _sha256(logs.whole_access)}
    for trace, name, log in (("auth-log", AUTH, logs.auth), ("access-log", ACCESS, logs.access)):
        digests = shelf.put(f"{told.slug}/{name}", log.text.encode())
        counted: Facts = {"record_count": log.count, "stated_sha256": stated[name]}
        yield Trace(trace, "provider_log", None, {"name": name, **digest_facts(digests), **counted})
    shelf.put(f"{told.slug}/{NOTE}", export_note(told, stated).encode())
    yield Trace("gap", "record_gap", None, _gap(logs))
    yield Trace("login", "provider_login", None, _login(told, workspace, logs) | _mistaken(told, workspace))
    late = told.moments["late-login"]
    other_rule: Facts = {"at_other_rule_utc": late + timedelta(hours=1)}
    yield Trace("late-login", "provider_login", None, _login(told, workspace, logs, "late-login") | other_rule)
    for tag in _LOGINS:
        yield Trace(tag, "provider_login", None, _login(told, workspace, logs, tag))
    for tag in _REQUESTS:
        yield Trace(tag, "web_request", None, _request(told, workspace, logs, tag))


def _login(told: ToldLogs, workspace: Workspace, logs: ProviderLogs, tag: str = "login") -> Facts:
    login = workspace.login(tag)
    host, _, port = login.client.partition(":")
    facts: Facts = {
        "name": AUTH,
        "record": logs.auth.tagged[tag],
        "user": login.user,
        "host": host,
        "port": int(port),
        "endpoint": login.client,
        "zone": told.provider_clock.machine.zone,
        **_times(told.provider_clock, login.at),
    }
    return facts | ({"text": login.session} if login.session else {})


def _mistaken(told: ToldLogs, workspace: Workspace) -> Facts:
    """Return what typical mistakes make of the log-in in question."""
    login, failed = workspace.login("login"), workspace.login("failed-login")
    neighbour = _neighbour(workspace, login)
    ahead = told.provider_clock.shown(login.at).utcoffset() or timedelta()
    return {
        "at_other_rule_utc": login.at - timedelta(hours=1),
        "at_twice_utc": login.at - ahead,
        "at_other_clock_utc": login.at - timedelta(seconds=told.router_clock.machine.clock_offset_s),
        "proxy_endpoint": login.peer,
        "proxy_host": login.peer.partition(":")[0],
        "server_endpoint": SERVICE_ENDPOINT,
        "failed_endpoint": failed.client,
        "neighbour_endpoint": neighbour.client,
        "neighbour_user": neighbour.user,
    }


def _neighbour(workspace: Workspace, login: Login) -> Login:
    """Return the log-in of somebody else with the same address that is nearest in time."""
    address = login.client.partition(":")[0]
    others = [
        one
        for one in workspace.logins
        if one.what == LOGIN and one.user != login.user and one.client.partition(":")[0] == address
    ]
    return min(others, key=lambda one: abs(one.at - login.at))


def _request(told: ToldLogs, workspace: Workspace, logs: ProviderLogs, tag: str) -> Facts:
    request = next(one for one in workspace.requests if one.tag == tag)
    facts: Facts = {
        "name": ACCESS,
        "record": logs.access.tagged[tag],
        "url": request.path,
        "host": request.client,
        "proxy_host": request.proxy,
        "zone": told.provider_clock.machine.zone,
        **_times(told.provider_clock, request.at),
    }
    if request.user:
        facts["user"] = request.user
    return facts | ({"text": request.session} if request.session else {})


def _gap(logs: ProviderLogs) -> Facts:
    gap = logs.gap
    return {
        "name": ACCESS,
        "first_record": gap.first,
        "last_record": gap.last,
        "record_count": gap.count,
        "before_record": gap.first - 1,
        "after_record": gap.last + 1,
    }


def _mail(told: ToldLogs, shelf: Shelf) -> Iterator[Trace]:
    box = mailbox(told)
    for letter in box.letters:
        shelf.put(f"{told.slug}/{MAILBOX}/{letter.name}", letter.data)
    mail = box.changed.mail
    facts: Facts = {
        "name": box.changed.name,
        "path": f"{MAILBOX}/{box.changed.name}",
        "message_id": mail.message_id,
        "sender": mail.sender.address,
        "recipient": mail.to[0].address,
        "subject": mail.subject,
        "at_utc": mail.date.astimezone(UTC),
        "hop_count": len(mail.hops),
    }
    yield Trace("changed-mail", "mail_message", None, facts | digest_facts(digest_bytes(box.changed.data)))
    yield Trace("forged-hop", "mail_hop", None, _forged(box))
    place = next(
        place for place, (one, other) in enumerate(zip(RIGHT_DOMAIN, LOOK_ALIKE, strict=False)) if one != other
    )
    alike: Facts = {"host": LOOK_ALIKE, "other_host": RIGHT_DOMAIN, "option": LOOK_ALIKE_OPTION, "position": place + 1}
    yield Trace("look-alike", "look_alike", None, alike)


def _forged(box: Mailbox) -> Facts:
    hop = box.forged
    return {
        "name": box.changed.name,
        "number": box.forged_hop,
        "number_from_top": len(box.changed.mail.hops) + 1 - box.forged_hop,
        "number_by_digits": box.backward_hop,
        "host": hop.by_host,
        "at_utc": hop.at.astimezone(UTC),
        "at_local": hop.at.replace(tzinfo=UTC),
    }


def _network(told: ToldLogs, shelf: Shelf) -> Iterator[Trace]:
    office = play_office(told)
    packets = captured_packets(told, office)
    log = router_log(told, office)
    digests = shelf.put(f"{told.slug}/{ROUTER_LOG}", log.encode())
    counted: Facts = {"name": ROUTER_LOG, "line_count": log.count("\n")}
    yield Trace("router-log", "router_log", None, counted | digest_facts(digests))
    digests = shelf.put(f"{told.slug}/{CAPTURE}", capture_file(packets))
    yield Trace("capture", "packet_capture", None, _captured(packets) | digest_facts(digests))
    shelf.put(f"{told.slug}/{SHEET}", _sheet(told, office).encode())
    clock = told.router_clock
    error = clock.machine.clock_offset_s
    ahead = clock.shown(office.begin).utcoffset() or timedelta()
    offsets: Facts = {
        "clock_offset_s": error,
        "clock_offset_negated_s": -error,
        "clock_offset_with_zone_s": error + int(ahead.total_seconds()),
        "zone": clock.machine.zone,
    }
    yield Trace("router-clock", "router_clock", None, offsets)
    for name, one in (("provider", told.provider), ("relay", told.relay)):
        flow = next(flow for flow in office.flows if flow.ends == _ends(one))
        yield Trace(f"connection-{name}", "captured_connection", None, _connection(one, flow, clock))


def _captured(packets: list[Packet]) -> Facts:
    first, last = packets[0].at, packets[-1].at
    return {"name": CAPTURE, "packet_count": len(packets), "first_utc": first, "last_utc": last}


def _connection(one: Connection, flow: Flow, clock: DeviceClock) -> Facts:
    """Return the facts of a connection that is kept alive in the capture. Logs know whole seconds."""
    shown = clock.local(flow.at).replace(microsecond=0, tzinfo=UTC)
    noted = clock.device_utc(flow.at).replace(microsecond=0)
    return {
        "local_endpoint": one.local_endpoint,
        "local_port": one.local_port,
        "endpoint": one.endpoint,
        "host": one.host,
        "port": one.port,
        "started_utc": noted - timedelta(seconds=clock.machine.clock_offset_s),
        "started_router_local": shown,
        "clock_offset_s": clock.machine.clock_offset_s,
        "zone": clock.machine.zone,
    }


def _sheet(told: ToldLogs, office: Office) -> str:
    """Return the sheet of the specialist who copied the log and captured the traffic."""
    begin, copied = (at.astimezone(told.router_clock.shown(at).tzinfo) for at in (office.begin, office.copied))
    return f"""\
KF-09, sheet of the specialist {told.values["specialist"]}, case {told.values["case_number"]}

Router kf-gw, on page "System": time zone {told.values["router_rule"]}, NTP off. The clock was not set.
{begin:%Y-%m-%d %H:%M %z}  capture begun at the inner side of the router, {CAPTURED_S // 60} minutes -> {CAPTURE}
{copied:%Y-%m-%d %H:%M %z}  log of the router copied through its page -> {ROUTER_LOG}
Our laptop, which captured, had been set by the radio-controlled clock that morning; times in the capture are its times.
Rooms 11 and 12 use this router. 192.0.2.57 is the PC in room 12. Addresses .101 and .102 belong to room 11.
"""


def _ends(one: Connection) -> tuple[str, int, str, int]:
    return one.local_host, one.local_port, one.host, one.port


def _times(clock: DeviceClock, at: datetime) -> Mapping[str, FactValue]:
    return {"at_utc": at, "at_local": clock.local(at).replace(tzinfo=UTC)}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
