"""KF-07 to KF-09 in the programs that trainees know. ``LABKIT_SEEDS=20`` asks for twenty trainees."""

import os
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from labkit.content.scenario import load_case
from labkit.synthesis.build import BuiltCase, build_case
from labkit.verification.confirmation import Verdict
from labkit.verification.verify import verify_item
from tests.oracles import oracle

ITEM = "logs"
SEEDS = [f"logs {number}".encode() for number in range(int(os.environ.get("LABKIT_SEEDS", "3")))]
CHECKED = ("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
ERROR = "8388608"  # the severity of what tshark calls an error


@pytest.fixture(scope="module", params=SEEDS, ids=bytes.decode)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltCase]:
    folder = tmp_path_factory.mktemp(ITEM)
    yield build_case(load_case("kestrel"), request.param, folder, items=[ITEM])
    shutil.rmtree(folder)


def file(built: BuiltCase, name: str) -> Path:
    return built.files[f"{ITEM}/{name}"]


@pytest.mark.oracle
def test_every_reader_agrees_with_the_truth(built: BuiltCase) -> None:
    found = verify_item(built.files, built.truth.items[ITEM], built.truth.variables)
    assert [one for one in found if one.verdict is Verdict.FAILED] == []
    silent = sorted({one.reader for one in found if one.verdict is Verdict.NOT_ASKED})
    if silent:
        pytest.skip(f"confirmed without {', '.join(silent)} (Debian: tshark)")


@pytest.mark.oracle
def test_tshark_finds_no_error_and_every_checksum_right(built: BuiltCase) -> None:
    capture = file(built, "KF-09.pcap")
    bad = (
        f"_ws.malformed or _ws.expert.severity >= {ERROR} or ip.checksum.status == 0 or tcp.checksum.status == 0"
        " or udp.checksum.status == 0"
    )
    assert oracle(["tshark", *CHECKED, "-n", "-r", capture, "-Y", bad]) == ""
    good = oracle(["tshark", *CHECKED, "-n", "-r", capture, "-Y", "tcp.checksum.status == 1"])
    assert len(good.splitlines()) > 300, "the checksums were looked at"
    layers = oracle(["tshark", "-n", "-r", capture, "-q", "-z", "io,phs"])
    assert {"arp", "dns", "tls"} <= set(re.findall(r"^ *(\w+) ", layers, re.MULTILINE))
    names = oracle(["tshark", "-n", "-r", capture, "-T", "fields", "-e", "tls.handshake.extensions_server_name"])
    assert all(name.endswith(".example") for name in names.split())
    assert names.split()


@pytest.mark.oracle
def test_every_address_in_the_capture_is_for_documentation(built: BuiltCase) -> None:
    fields = ("-e", "ip.addr", "-e", "dns.a", "-e", "dns.aaaa", "-e", "arp.src.proto_ipv4")
    text = oracle(["tshark", "-n", "-r", file(built, "KF-09.pcap"), "-T", "fields", *fields])
    addresses = set(re.split(r"[\s,]+", text.strip()))
    nobodys = ("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:")
    assert [one for one in addresses if not one.startswith(nobodys)] == []
    assert any(one.startswith("2001:db8:") for one in addresses)


@pytest.mark.oracle
def test_tcpdump_reads_it_whole(built: BuiltCase) -> None:
    said = oracle(["tcpdump", "-n", "-vvv", "-r", file(built, "KF-09.pcap")])
    assert "incorrect" not in said
    assert not re.search(r"\bbad\b", said)
    assert len(oracle(["tcpdump", "-n", "-r", file(built, "KF-09.pcap")]).splitlines()) == built.truth.fact(
        "logs:capture.packet_count"
    )


@pytest.mark.oracle
def test_connections_are_whole_and_those_of_the_pc_only_stay_alive(built: BuiltCase) -> None:
    capture = file(built, "KF-09.pcap")
    count = {
        flags: len(oracle(["tshark", "-n", "-r", capture, "-Y", flags]).splitlines())
        for flags in ("tcp.flags.syn == 1 and tcp.flags.ack == 0", "tcp.flags.fin == 1", "tcp.analysis.retransmission")
    }
    opened, closed, again = count.values()
    assert opened > 20
    assert closed == 2 * opened
    assert again == 0
    data = oracle(["tshark", "-n", "-r", capture, "-Y", "ip.addr == 192.0.2.57 and (tcp.len > 0 or dns)"])
    assert data == ""
    assert oracle(["tshark", "-n", "-r", capture, "-Y", "ip.addr == 192.0.2.57"]) != ""


def messages(built: BuiltCase) -> Iterator[EmailMessage]:
    for name, path in sorted(built.files.items()):
        if name.endswith(".eml"):
            yield BytesParser(policy=policy.default).parsebytes(path.read_bytes())


def test_the_standard_library_finds_no_defect_in_any_message(built: BuiltCase) -> None:
    found = list(messages(built))
    assert len(found) == 24
    assert [message.defects for message in found if message.defects] == []
    assert len({message["Message-ID"] for message in found}) == 24
    with_link = [message for message in found if "drive.cloudnest.example/s/" in message.get_content()]
    assert [message["Subject"] for message in with_link] == ["Our bank has changed"]


def test_only_one_message_runs_backwards_in_utc(built: BuiltCase) -> None:
    falling = []
    for message in messages(built):
        received = [
            parsedate_to_datetime(value.rpartition(";")[2].strip()) for value in reversed(message.get_all("Received"))
        ]
        steps = [later - earlier for earlier, later in pairwise(received)]
        if min(steps) < timedelta(0):
            falling.append(message["Message-ID"])
    assert falling == [built.truth.fact("logs:changed-mail.message_id")]


def test_no_line_gives_the_answer_away(built: BuiltCase) -> None:
    """The truth's words for what was planted stand in no file that is handed out."""
    for path in built.files.values():
        data = path.read_bytes().lower()
        for word in (b"forged", b"look-alike", b"neighbour", b"mistake", b"planted", b"seed"):
            assert word not in data, (path.name, word)
