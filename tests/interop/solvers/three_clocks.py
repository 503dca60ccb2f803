"""L09 solved without labkit: tshark reads the capture, the standard library the letters; logs are text.

Nothing of labkit is imported here.
"""

import email
import email.policy
import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

PROGRAM = "tshark"
AUTH, ACCESS = "KF-07-auth.log", "KF-07-access.log"
OPENED = re.compile(r"^(\w{3} [ \d]\d [\d:]{8}) .* NEW .* SRC=(\S+) DST=(\S+) PROTO=TCP SPT=(\d+) DPT=(\d+)")
TICKET = re.compile(rb"Cookie: sid=([0-9a-f]{32})")
CHANGED = "Our bank has changed"
PC = "192.0.2.57"  # by the sheet of the specialist

Ends = tuple[str, str, str, str]  # address and port of the sender, then of the receiver


def installed() -> bool:
    """Return whether the capture can be read."""
    return shutil.which(PROGRAM) is not None


def solve(evidence: Path, public: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return task to answer, as a trainee would write it."""
    logs = evidence / "logs"
    auth, access = ((logs / name).read_text("ascii").splitlines() for name in (AUTH, ACCESS))
    opened = router_connections((logs / "KF-09-router.log").read_text("ascii"))
    error = router_error(logs / "KF-09.pcap", opened)
    winter, summer, changed_at = zone_rule((logs / "KF-07-export-note.txt").read_text("ascii"))

    def in_utc(record: str) -> str:
        local = datetime.fromisoformat(" ".join(record.split()[1:3])).replace(tzinfo=winter)
        return (local if local < changed_at else local.replace(tzinfo=summer)).astimezone(UTC).isoformat()

    changed = next(
        line for line in access if f"{public['download_name']} HTTP" in line and '"PUT ' in line and " 204 " in line
    )
    session = field(changed, "sid")
    log_in = next(line for line in auth if " login ok " in line and field(line, "sid") == session)
    late = next(
        line
        for line in reversed(auth)
        if f" login ok user={field(log_in, 'user')} " in line
        and line.split()[1] == "2026-03-31"
        and not field(line, "fwd").startswith("192.0.2.")
    )
    letters = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in letters_of(logs)]
    letter = next(one for one in letters if one["Subject"] == CHANGED)
    return {
        "router-clock": f"{error:+d} s",
        "relay-connection": (relay_opened(opened) - timedelta(seconds=error)).isoformat(),
        "log-in": in_utc(log_in),
        "last-log-in": in_utc(late),
        "source": field(log_in, "fwd"),
        "mail-hop": str(hop_out_of_order(letter)),
        "look-alike": difference(domain(letter), {domain(one) for one in letters}),
        "session": ticket(evidence / "memory" / "KF-04.raw"),
        "export-digest": hashlib.sha256((logs / ACCESS).read_bytes()).hexdigest(),
        "missing-records": missing({AUTH: auth, ACCESS: access}),
    }


def field(record: str, name: str) -> str:
    """Return the value of a field such as ``sid=...``."""
    found = re.search(rf" {name}=(\S+)", record)
    assert found is not None
    return found[1]


def router_connections(log: str) -> dict[Ends, datetime]:
    """Return when the router wrote of each connection, its zone taken off and its error left in."""
    office = timezone(timedelta(hours=5))  # by the sheet of the specialist
    found: dict[Ends, datetime] = {}
    for line in log.splitlines():
        if match := OPENED.match(line):
            at = datetime.strptime(f"2026 {match[1]}", "%Y %b %d %H:%M:%S").replace(tzinfo=office)
            found[match[2], match[4], match[3], match[5]] = at.astimezone(UTC)
    return found


def router_error(capture: Path, opened: Mapping[Ends, datetime]) -> int:
    """Return router minus reference in seconds, the middle of all connections that begin in the capture."""
    command = [PROGRAM, "-r", str(capture), "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "-T", "fields"]
    for name in ("frame.time_epoch", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport"):
        command += ["-e", name]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    errors: list[int] = []
    for line in done.stdout.splitlines():
        moment, *ends = line.split("\t")
        errors.append(int(opened[ends[0], ends[1], ends[2], ends[3]].timestamp()) - int(float(moment)))
    return sorted(errors)[len(errors) // 2]


def relay_opened(opened: Mapping[Ends, datetime]) -> datetime:
    """Return when the router wrote of the PC's connection to a port that is not of the web."""
    (found,) = (at for ends, at in opened.items() if ends[0] == PC and ends[3] not in {"80", "443"})
    return found


def zone_rule(note: str) -> tuple[timezone, timezone, datetime]:
    """Return the zone in winter and in summer, and the moment of the change, as the provider's note says."""
    found = re.search(r"UTC\+(\d\d):00; from (\d+ \w+ \d{4}), (\d\d:\d\d), summer time, UTC\+(\d\d):00", note)
    assert found is not None
    winter, summer = (timezone(timedelta(hours=int(hours))) for hours in (found[1], found[4]))
    at = datetime.strptime(f"{found[2]} {found[3]}", "%d %B %Y %H:%M").replace(tzinfo=summer)
    return winter, summer, at


def letters_of(logs: Path) -> Iterator[Path]:
    """Yield the letters of the mailbox."""
    yield from sorted((logs / "KF-08").glob("*.eml"))


def domain(letter: email.message.Message) -> str:
    """Return the domain of the sender."""
    return str(letter["From"]).rpartition("@")[2].rstrip(">")


def hop_out_of_order(letter: email.message.Message) -> int:
    """Return the hop, counted from the bottom, without which all moments are in order, that of sending included."""
    sent = parsedate_to_datetime(letter["Date"])
    times = [parsedate_to_datetime(line.rpartition(";")[2].strip()) for line in reversed(letter.get_all("Received"))]
    (found,) = (place for place in range(len(times)) if in_order([sent, *times[:place], *times[place + 1 :]]))
    return found + 1


def in_order(times: list[datetime]) -> bool:
    """Return whether no moment is before the one that stands before it."""
    return times == sorted(times)


def difference(name: str, known: set[str]) -> str:
    """Return what makes a domain look like one of the others."""
    if name.replace("rn", "m") in known - {name}:
        return "rn-for-m"
    if name.replace("1", "i") in known - {name}:
        return "one-for-i"
    return "hyphen-lost" if name.isascii() else "cyrillic-a"


def ticket(image: Path) -> str:
    """Return the session that a program in memory showed to its server."""
    (found,) = set(TICKET.findall(image.read_bytes()))
    return str(found, "ascii")


def missing(logs: Mapping[str, list[str]]) -> str:
    """Return the one gap in the numbers of records."""
    for name, lines in logs.items():
        numbers = [int(line.split()[0]) for line in lines if line[0].isdigit()]
        for one, other in pairwise(numbers):
            if other != one + 1:
                return f"{name};{one + 1};{other - 1};{other - one - 1}"
    raise AssertionError("no gap")
