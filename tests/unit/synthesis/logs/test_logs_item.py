"""What the item logs hands out: personal, the same bytes for the same seed, and one story with pc and memory."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from labkit.content.reader import content_root
from labkit.errors import SynthesisError
from labkit.model.scenario import CaseScenario, Content
from labkit.model.truth import FactValue
from labkit.synthesis.artifacts.fictional import check_host
from labkit.synthesis.build import BuiltCase, build_case, derive_truth
from tests.unit.synthesis.logs.conftest import ITEM, SEEDS, contents

_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_NAME = re.compile(r"@([a-z0-9.-]+)|\b((?:[a-z0-9-]+\.)+example)\b")
PERSONAL = (
    "router-clock.clock_offset_s", "login.at_utc", "login.endpoint", "login.text", "login.record", "gap.first_record",
    "access-log.sha256", "auth-log.sha256", "changed-mail.sha256", "capture.sha256", "router-log.sha256",
    "login.neighbour_endpoint", "late-login.at_utc", "connection-relay.local_endpoint",
)  # fmt: skip


def facts(built: BuiltCase, trace: str) -> Mapping[str, FactValue]:
    return built.truth.items[ITEM].traces[trace].facts


def moment(built: BuiltCase, trace: str, fact: str = "at_utc") -> datetime:
    value = facts(built, trace)[fact]
    assert isinstance(value, datetime)
    return value


def test_two_trainees_get_different_files_and_answers(built: tuple[BuiltCase, ...]) -> None:
    mine, other = map(contents, built)
    assert [name for name in mine if mine[name] == other.get(name)] == []
    for reference in PERSONAL:
        trace, _, fact = reference.rpartition(".")
        assert len({facts(one, trace)[fact] for one in built}) == 2, reference


def test_there_is_work_to_do_and_nothing_is_large(built: tuple[BuiltCase, ...]) -> None:
    for one in built:
        files = contents(one)
        assert {name for name in files if not name.endswith(".eml")} == {
            "KF-07-auth.log", "KF-07-access.log", "KF-07-export-note.txt", "KF-09-router.log", "KF-09.pcap",
            "KF-09-note.txt",
        }  # fmt: skip
        assert sum(name.endswith(".eml") for name in files) == 24
        assert sum(map(len, files.values())) < 3_000_000
        assert files["KF-07-access.log"].count(b"\n") > 3000
        assert files["KF-07-auth.log"].count(b"\n") > 200
        assert files["KF-09-router.log"].count(b"\n") > 2000


def test_every_address_and_name_is_nobodys(built: tuple[BuiltCase, ...]) -> None:
    versions = {"128.0.0.0", "537.36"}
    for name, data in contents(built[0]).items():
        if name.endswith(".pcap"):
            continue
        text = data.decode("ascii")
        for address in set(_ADDRESS.findall(text)) - versions:
            if "Chrome/" + address not in text:
                check_host(address)
        for domain, host in _NAME.findall(text):
            check_host((domain or host).rstrip("."))


def test_the_pc_the_memory_and_the_logs_tell_one_story(case: CaseScenario) -> None:
    truth = derive_truth(case, SEEDS[0], items=["pc", "memory", ITEM])

    assert truth.fact("logs:share-visit.at_utc") == truth.fact("pc:share-visit.at_utc")
    assert str(truth.fact("pc:share-visit.url")).endswith(str(truth.fact("logs:share-visit.url")))
    assert str(truth.fact("pc:downloaded-invoice.url")).endswith(str(truth.fact("logs:share-download.url")))
    mail, letter = truth.fact("pc:changed-account-mail.at_utc"), truth.fact("logs:changed-mail.at_utc")
    assert isinstance(mail, datetime)
    assert isinstance(letter, datetime)
    assert abs(mail - letter) < timedelta(minutes=3)
    assert truth.fact("logs:login.text") == truth.fact("memory:request.text")
    assert truth.fact("logs:session-elsewhere.host") == truth.fact("memory:connection-sync.host")
    for mine, its, process in (("provider", "provider", "provider"), ("relay", "sync", "sync")):
        for fact in ("local_endpoint", "endpoint"):
            assert truth.fact(f"logs:connection-{mine}.{fact}") == truth.fact(f"memory:connection-{its}.{fact}")
        began = truth.fact(f"logs:connection-{mine}.started_utc")
        assert began == truth.fact(f"memory:process-{process}.started_utc")
    last = truth.fact("memory:image.captured_utc")
    assert isinstance(last, datetime)
    first = truth.fact("logs:capture.first_utc")
    assert isinstance(first, datetime)
    assert last < first, "the memory comes first (RFC 3227)"


def test_the_download_has_the_length_of_the_file_on_the_pc(built: tuple[BuiltCase, ...], case: CaseScenario) -> None:
    size = derive_truth(case, SEEDS[1], items=["pc"]).fact("pc:downloaded-invoice.size_bytes")
    url = str(facts(built[1], "share-download")["url"])
    lines = contents(built[1])["KF-07-access.log"].decode().splitlines()
    (line,) = (line for line in lines if f'"GET {url} ' in line)
    assert f" 200 {size} " in line


def test_no_value_of_a_mistake_is_the_right_one(built: tuple[BuiltCase, ...]) -> None:
    for one in built:
        login = facts(one, "login")
        ends = [login[f"{name}endpoint"] for name in ("", "proxy_", "server_", "failed_", "neighbour_")]
        assert len(set(ends)) == 5
        assert login["neighbour_user"] != login["user"]
        assert str(login["neighbour_endpoint"]).partition(":")[0] == login["host"]
        times = [login[f"at_{name}"] for name in ("utc", "local", "other_rule_utc", "twice_utc", "other_clock_utc")]
        assert len(set(times)) == 5
        assert facts(one, "router-clock")["clock_offset_s"] != 433, "the error of the PC"
        hop = facts(one, "forged-hop")
        assert hop["number"] != hop["number_from_top"]
        assert hop["number"] != hop["number_by_digits"]
        assert facts(one, "access-log")["sha256"] != facts(one, "access-log")["stated_sha256"]
        assert facts(one, "auth-log")["sha256"] == facts(one, "auth-log")["stated_sha256"]


def test_the_truth_is_the_same_without_writing(built: tuple[BuiltCase, ...], case: CaseScenario) -> None:
    derived = derive_truth(case, SEEDS[0], items=[ITEM])
    assert {name: dict(trace.facts) for name, trace in derived.items[ITEM].traces.items()} == {
        name: dict(trace.facts) for name, trace in built[0].truth.items[ITEM].traces.items()
    }


@pytest.mark.seeds
def test_the_story_holds_for_many_trainees(case: CaseScenario) -> None:
    truths = [derive_truth(case, b"trainee %d" % number, items=[ITEM]) for number in range(60)]
    assert {truth.fact("logs:forged-hop.number") for truth in truths} == {2, 3, 4}
    assert len({truth.fact("logs:login.endpoint") for truth in truths}) == 60
    for truth in truths:
        assert truth.fact("logs:forged-hop.number") != truth.fact("logs:forged-hop.number_by_digits")


def test_an_item_of_another_kind_has_no_logs(case: CaseScenario) -> None:
    basics = replace(case.items["basics"], products=("logs",))
    with pytest.raises(SynthesisError, match=r"has no \[logs\]") as caught:
        derive_truth(replace(case, items={"basics": basics}), b"one")
    assert "kind 'logs'" in caught.value.remedy


def test_a_moment_that_is_missing_is_named(case: CaseScenario) -> None:
    item = case.items[ITEM]
    assert item.logs is not None
    logs = replace(item.logs, events=item.logs.events[1:], shared={})
    with pytest.raises(SynthesisError, match="changed-account-mail, downloaded-invoice, share-visit, supplier-upload"):
        derive_truth(replace(case, items={ITEM: replace(item, logs=logs)}), b"one")


@pytest.mark.parametrize(("taken", "given"), [("session", {}), ("", {"colour": "red"})])
def test_a_value_that_is_missing_or_too_many_is_named(case: CaseScenario, taken: str, given: dict[str, str]) -> None:
    item = case.items[ITEM]
    assert item.logs is not None
    values = {name: value for name, value in item.logs.values.items() if name != taken} | given
    with pytest.raises(SynthesisError, match=r"are missing, or nothing uses them: (session|colour)$") as caught:
        derive_truth(replace(case, items={ITEM: replace(item, logs=replace(item.logs, values=values))}), b"one")
    assert "client_port" in caught.value.remedy


def test_a_download_without_a_length_is_an_error(case: CaseScenario) -> None:
    item = case.items[ITEM]
    assert item.logs is not None
    shared = dict(item.logs.shared)
    shared["downloaded-invoice"] = replace(shared["downloaded-invoice"], content=Content(text="short"))
    with pytest.raises(SynthesisError, match="nobody knows the length") as caught:
        derive_truth(replace(case, items={ITEM: replace(item, logs=replace(item.logs, shared=shared))}), b"one")
    assert "size_bytes" in caught.value.remedy


def test_each_line_of_the_provider_has_the_offset_of_its_day(built: tuple[BuiltCase, ...]) -> None:
    """Summer time begins on 29 March 2026 at 01:00 UTC; both logs are written in the order of true time."""
    for one in built:
        times = [
            datetime.strptime(found, "%d/%b/%Y:%H:%M:%S %z")
            for found in re.findall(r"\[([^\]]+)\]", contents(one)["KF-07-access.log"].decode())
        ]
        assert times == sorted(times)
        change = datetime.fromisoformat("2026-03-29T01:00:00+00:00")
        assert {at.utcoffset() for at in times if at < change} == {timedelta(hours=2)}
        assert {at.utcoffset() for at in times if at >= change} == {timedelta(hours=3)}
        digits = re.findall(r"^\d+ (\S+ \S+)", contents(one)["KF-07-auth.log"].decode(), re.MULTILINE)
        assert digits == sorted(digits)


def test_the_router_and_the_provider_see_the_same_requests(built: tuple[BuiltCase, ...]) -> None:
    for one in built:
        error = facts(one, "router-clock")["clock_offset_s"]
        assert isinstance(error, int)
        asked = {
            datetime.strptime(found, "%d/%b/%Y:%H:%M:%S %z")
            for found in re.findall(r"\[([^\]]+)\] \"GET /api/changes ", contents(one)["KF-07-access.log"].decode())
        }
        noted = re.findall(
            r"^(\S+ +\S+ \S+) .*NEW .*SRC=192\.0\.2\.25 ", contents(one)["KF-09-router.log"].decode(), re.MULTILINE
        )
        assert len(noted) > 90
        for text in noted:
            local = datetime.strptime(f"2026 {text} +0500", "%Y %b %d %H:%M:%S %z")
            assert local - timedelta(seconds=error) in asked


def test_no_spelling_of_the_seed_is_handed_out(built: tuple[BuiltCase, ...]) -> None:
    for one, seed in zip(built, SEEDS, strict=True):
        for data in contents(one).values():
            assert seed.hex().encode() not in data.lower()
            assert seed not in data


def test_a_letter_of_a_stranger_is_an_error(case: CaseScenario) -> None:
    item = case.items[ITEM]
    letters = item.corpus["letters.toml"].replace(b"tyres@tiel-tyres.example", b"tyres@elsewhere.example")
    with pytest.raises(SynthesisError, match=r"tyres@elsewhere\.example writes a letter") as caught:
        derive_truth(replace(case, items={ITEM: replace(item, corpus={**item.corpus, "letters.toml": letters})}), b"1")
    assert "office@tamarisk-timber.example" in caught.value.remedy


def test_letters_are_written_on_working_days(built: tuple[BuiltCase, ...]) -> None:
    for one in built:
        sent = [
            parsedate_to_datetime(found.decode())
            for name, data in contents(one).items()
            if name.endswith(".eml")
            for found in re.findall(rb"^Date: (.*)\r$", data, re.MULTILINE)
        ]
        assert len(sent) == 24
        assert {at.weekday() for at in sent} <= {0, 1, 2, 3, 4}
        assert {at.hour for at in sent} <= set(range(8, 17))
        assert max(sent) < moment(one, "capture", "first_utc")


def test_records_of_the_story_are_never_lost(case: CaseScenario) -> None:
    """The gap begins soon after the change; where that is too near to the next morning, the build stops."""
    item = case.items[ITEM]
    assert item.logs is not None
    late = datetime.fromisoformat("2026-02-18T03:50:00+00:00")
    events = tuple(replace(one, at=late, spread_s=1) if one.id == "outside-login" else one for one in item.logs.events)
    broken = replace(case, items={ITEM: replace(item, logs=replace(item.logs, events=events))})
    with pytest.raises(SynthesisError, match="records that the export lacks hold") as caught:
        for number in range(40):
            derive_truth(broken, b"seed %d" % number)
    assert "outside-login" in caught.value.remedy


def test_the_files_are_the_locked_ones(tmp_path: Path, case: CaseScenario) -> None:
    path = content_root() / "evidence_images" / "kestrel" / ITEM / "image.lock.toml"
    locked = tomllib.loads(path.read_text(encoding="utf-8"))["files_sha256"]
    found = {}
    for name in locked:
        seed = hashlib.sha256(name.encode()).digest()
        files = contents(build_case(case, seed, tmp_path / name, items=[ITEM]))
        lines = "".join(f"{hashlib.sha256(data).hexdigest()}  {file}\n" for file, data in sorted(files.items()))
        found[name] = hashlib.sha256(lines.encode()).hexdigest()

    assert len(locked) == 3
    assert found == locked, "every trainee's evidence has changed; if that is meant, write the new digests down"
