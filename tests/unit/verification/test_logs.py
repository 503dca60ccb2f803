"""Logs, mail and captured traffic are confirmed, with programs and without; what is damaged or told wrong is found."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.content.scenario import load_case
from labkit.model.truth import GroundTruth
from labkit.synthesis.build import BuiltCase, build_case
from labkit.verification import programs
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Verdict
from labkit.verification.letters import LETTER_KINDS
from labkit.verification.network_capture import CAPTURE_KINDS, router_offset_s
from labkit.verification.provider_logs import PROVIDER_KINDS
from labkit.verification.verify import confirmed, verify_item
from tests.unit.verification.test_verify import changed

ITEM = "logs"
PROGRAMS = {"capinfos", "sha256sum", "tshark"}
Damage = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltCase:
    return build_case(load_case("kestrel"), b"verified logs", tmp_path_factory.mktemp(ITEM), items=[ITEM])


@pytest.fixture
def without_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find", lambda _program: None)


@pytest.fixture
def damaged(built: BuiltCase, tmp_path: Path, without_programs: None) -> Callable[[str, Damage], set[tuple[str, str]]]:
    """Damage one file of a copy, and return what then fails, as (trace, fact)."""

    def failing(name: str, damage: Damage) -> set[tuple[str, str]]:
        files: dict[str, Path] = {}
        for each, path in built.files.items():
            files[each] = tmp_path / each
            files[each].parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, files[each])
        path = files[f"{ITEM}/{name}"]
        before = path.read_bytes()
        path.write_bytes(damage(before))
        assert path.read_bytes() != before
        found = verify_item(files, truth_of(built), built.public_variables)
        return {(one.trace, one.fact) for one in found if one.verdict is Verdict.FAILED}

    return failing


def truth_of(built: BuiltCase) -> GroundTruth:
    return built.truth.items[ITEM]


def fact(built: BuiltCase, trace: str, name: str) -> str:
    return str(truth_of(built).traces[trace].facts[name])


def test_every_fact_is_confirmed_without_any_program(built: BuiltCase, without_programs: None) -> None:
    found = verify_item(built.files, truth_of(built), built.public_variables)

    assert [one for one in found if one.verdict is Verdict.FAILED] == []
    assert {one.reader for one in found if one.verdict is Verdict.NOT_ASKED} == PROGRAMS
    assert {one.fact for one in found if one.verdict is Verdict.DEFINITION} == {"zone"}
    settled = {(one.trace, one.fact) for one in found if one.verdict in {Verdict.CONFIRMED, Verdict.DEFINITION}}
    assert {(one.id, name) for one in truth_of(built).traces.values() for name in one.facts} <= settled


@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="Debian: tshark, coreutils")
def test_the_programs_agree(built: BuiltCase) -> None:
    found = verify_item(built.files, truth_of(built), built.public_variables)

    assert {one.verdict for one in found} == {Verdict.CONFIRMED, Verdict.DEFINITION}
    assert {one.reader for one in found} >= PROGRAMS
    assert {one.fact for one in found if one.trace == "router-clock" and one.reader == "tshark"} == {
        "clock_offset_s", "clock_offset_negated_s", "clock_offset_with_zone_s",
    }  # fmt: skip


def test_each_wrong_fact_is_named(built: BuiltCase, without_programs: None) -> None:
    missed = []
    with BuiltItem(built.files, truth_of(built), built.public_variables) as item:
        for trace in item.truth.traces.values():
            for name in sorted(trace.facts.keys() - {"zone"}):
                wrong = replace(trace, facts={**trace.facts, name: changed(trace.facts[name])})
                failed = {one.fact for one in confirmed(wrong, item) if one.verdict is Verdict.FAILED}
                leads_elsewhere = name == "record" and failed  # to another line, of which nothing is true
                if not {name, "(trace)"} & failed and not leads_elsewhere:
                    missed.append(f"{trace.id}.{name}")

    assert missed == []
    kinds = {trace.kind for trace in truth_of(built).traces.values()}
    assert kinds == {*PROVIDER_KINDS, *LETTER_KINDS, *CAPTURE_KINDS}


def test_a_record_more_that_is_missing_is_noticed(
    built: BuiltCase, damaged: Callable[[str, Damage], set[tuple[str, str]]]
) -> None:
    failed = damaged("KF-07-access.log", lambda data: b"".join(data.splitlines(keepends=True)[:-40]) + data[-1:])
    assert {("access-log", "record_count"), ("access-log", "sha256")} <= failed

    record = int(fact(built, "gap", "after_record")) + 100
    lost = damaged(
        "KF-07-access.log",
        lambda data: b"".join(line for line in data.splitlines(keepends=True) if not line.startswith(b"%d " % record)),
    )
    assert ("gap", "first_record") in lost


def test_another_port_of_the_login_is_noticed(
    built: BuiltCase, damaged: Callable[[str, Damage], set[tuple[str, str]]]
) -> None:
    end = fact(built, "login", "endpoint").encode()
    failed = damaged("KF-07-auth.log", lambda data: data.replace(b"fwd=" + end, b"fwd=203.0.113.9:1024"))
    assert {("login", "endpoint"), ("login", "host"), ("login", "port")} <= failed


def test_a_second_change_of_the_invoice_is_noticed(
    built: BuiltCase, damaged: Callable[[str, Damage], set[tuple[str, str]]]
) -> None:
    upload = fact(built, "first-upload", "record").encode()

    def overwritten(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join(line.replace(b" 201 ", b" 204 ") if line.startswith(upload) else line for line in lines)

    assert ("login", "(trace)") in damaged("KF-07-access.log", overwritten)


def test_a_note_that_states_another_digest_is_noticed(
    built: BuiltCase, damaged: Callable[[str, Damage], set[tuple[str, str]]]
) -> None:
    stated = fact(built, "access-log", "stated_sha256").encode()
    right = fact(built, "access-log", "sha256").encode()
    assert damaged("KF-07-export-note.txt", lambda data: data.replace(stated, right)) == {
        ("access-log", "stated_sha256")
    }


def test_a_router_with_another_error_is_noticed(
    built: BuiltCase, damaged: Callable[[str, Damage], set[tuple[str, str]]]
) -> None:
    """One line whose second is another leaves no whole number, and so does one connection that is not noted."""

    def later(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        place = max(number for number, line in enumerate(lines) if b" NEW IN=br-lan" in line and b".25 " not in line)
        stamp = lines[place][:15]
        second = (int(stamp[-2:]) + 30) % 60
        return b"".join([*lines[:place], stamp[:-2] + b"%02d" % second + lines[place][15:], *lines[place + 1 :]])

    assert ("router-clock", "(trace)") in damaged("KF-09-router.log", later)


def test_a_connection_that_the_router_did_not_note_is_noticed(
    damaged: Callable[[str, Damage], set[tuple[str, str]]],
) -> None:
    def forgotten(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        place = max(number for number, line in enumerate(lines) if b" NEW IN=br-lan" in line and b".25 " not in line)
        return b"".join([*lines[:place], *lines[place + 1 :]])

    assert ("router-log", "(each of them once)") in damaged("KF-09-router.log", forgotten)


@pytest.mark.parametrize("damage", [lambda data: data[:-5], lambda data: b"\x0a\x0d\x0d\x0a" + data[4:]])
def test_a_capture_that_is_cut_or_of_another_kind_is_noticed(
    damaged: Callable[[str, Damage], set[tuple[str, str]]], damage: Damage
) -> None:
    assert ("capture", "(trace)") in damaged("KF-09.pcap", damage)


def test_a_second_forged_hop_is_noticed(
    built: BuiltCase, damaged: Callable[[str, Damage], set[tuple[str, str]]]
) -> None:
    name = fact(built, "changed-mail", "name")
    failed = damaged(f"KF-08/{name}", lambda data: data.replace(b" +0500", b" +0900", 1))
    assert ("forged-hop", "number") in failed


def test_another_domain_is_noticed(built: BuiltCase, damaged: Callable[[str, Damage], set[tuple[str, str]]]) -> None:
    name = fact(built, "changed-mail", "name")
    failed = damaged(f"KF-08/{name}", lambda data: data.replace(b"office@tamarisk-tirnber", b"office@tamarisk-timbre"))
    assert ("look-alike", "host") in failed
    assert ("changed-mail", "sender") in failed


def test_the_error_is_told_to_whoever_asks(built: BuiltCase) -> None:
    with BuiltItem(built.files, truth_of(built), built.public_variables) as item:
        assert router_offset_s(item) == truth_of(built).traces["router-clock"].facts["clock_offset_s"]
