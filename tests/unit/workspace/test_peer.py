"""Taking a colleague's ledger: what is taken, what is refused and why, what is handed in; a receipt that comes back."""

import contextlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from labkit.cohort.keys import ClassKeys
from labkit.custody.copies import RefusedCopyError
from labkit.custody.ledger import parse, split_lines
from labkit.custody.rules import check
from labkit.errors import CustodyError, WorkspaceError
from labkit.model.people import Trainee
from labkit.usecases import colleague, custodian, custody_exchange
from labkit.workspace import peer
from labkit.workspace.folder import Workspace
from labkit.workspace.start import WORKSPACE_KEY
from tests.pairs import AT, PEOPLE, a_member, write_line, write_story
from tests.small_class import a_workspace

NADIA, TIMUR, OWEN = PEOPLE
LATER = AT + timedelta(minutes=2)


@pytest.fixture
def nadia(tmp_path: Path) -> Workspace:
    workspace = a_member(tmp_path / "a", NADIA)
    write_story(workspace)
    return workspace


@pytest.fixture
def timur(tmp_path: Path) -> Workspace:
    return a_member(tmp_path / "b", TIMUR)


def given(workspace: Workspace, out: Path) -> Path:
    return colleague.give(workspace.root, out, now=AT).path


def taken(workspace: Workspace, path: Path, *, other: bool = False, replace: bool = False) -> colleague.TakenLedger:
    return colleague.take(workspace.root, path, other=other, replace=replace, now=AT)


def refusal(workspace: Workspace, path: Path) -> RefusedCopyError:
    before = sorted(one.relative_to(workspace.root) for one in workspace.root.rglob("*"))
    ledger = workspace.custody_path.read_bytes()
    with pytest.raises(RefusedCopyError) as refused:
        taken(workspace, path)
    assert refused.value.remedy
    assert sorted(one.relative_to(workspace.root) for one in workspace.root.rglob("*")) == before
    assert workspace.custody_path.read_bytes() == ledger
    return refused.value


def test_a_ring_of_three_gives_to_the_next_and_audits_the_one_before(nadia: Workspace, timur: Workspace) -> None:
    pair = colleague.partners(timur.root).pair
    assert (pair.gives_to and pair.gives_to.name, pair.audits and pair.audits.name) == ("Owen Pryce", "Nadia Marlow")


def test_a_colleagues_ledger_is_kept_read_only_and_is_the_one_that_is_audited(
    nadia: Workspace, timur: Workspace, tmp_path: Path
) -> None:
    path = given(nadia, tmp_path / "stick")

    found = taken(timur, path)

    assert found.taken.is_audited
    folder = timur.root / "peer" / "T01"
    assert (folder / peer.LEDGER).read_bytes() == nadia.custody_path.read_bytes()
    assert (folder / peer.COPY).read_bytes() == path.read_bytes() == peer.audited(timur)
    assert (folder / peer.LEDGER).stat().st_mode & 0o222 == 0
    assert found.page is not None
    assert "KF-02" in found.page.read_text(encoding="utf-8")
    assert len(custodian.read_ledger(colleague.peer_place(timur.root, "t01")).entries) == 5
    assert "custody take" in timur.examination_path.read_text(encoding="utf-8")


def test_what_is_given_holds_no_secret_of_the_giver(nadia: Workspace, tmp_path: Path) -> None:
    data = given(nadia, tmp_path).read_bytes()

    private = (nadia.kit / WORKSPACE_KEY).read_text(encoding="ascii").strip()
    for secret in (private, nadia.manifest.pack_token):
        assert secret.encode() not in data
        assert bytes.fromhex(secret) not in data


def test_a_later_copy_takes_the_place_of_the_one_before(nadia: Workspace, timur: Workspace, tmp_path: Path) -> None:
    early = given(nadia, tmp_path / "early")
    taken(timur, early)
    write_line(nadia, type="person", person_id="P2", name="Dora Kest", role="custodian")
    taken(timur, given(nadia, tmp_path / "late"))

    assert (timur.root / "peer" / "T01" / peer.LEDGER).read_bytes() == nadia.custody_path.read_bytes()
    assert refusal(timur, early).code == "copy-older"


def test_a_ledger_that_was_written_anew_is_not_taken_without_a_word(
    nadia: Workspace, timur: Workspace, tmp_path: Path
) -> None:
    taken(timur, given(nadia, tmp_path / "early"))
    nadia.custody_path.write_bytes(b"")
    write_story(nadia, purpose="to have a look at it")
    late = given(nadia, tmp_path / "late")

    assert refusal(timur, late).code == "copy-rewritten"
    taken(timur, late, replace=True)
    assert (timur.root / "peer" / "T01" / peer.LEDGER).read_bytes() == nadia.custody_path.read_bytes()


def test_the_own_ledger_is_no_colleagues(nadia: Workspace, tmp_path: Path) -> None:
    assert refusal(nadia, given(nadia, tmp_path / "stick")).code == "copy-own"


def test_the_own_ledger_of_another_workspace_of_the_same_pack_is_not_either(nadia: Workspace, tmp_path: Path) -> None:
    again = a_member(tmp_path / "again", NADIA)
    assert refusal(nadia, given(again, tmp_path / "stick")).code == "copy-own"


def test_a_ledger_of_another_class_is_refused(timur: Workspace, tmp_path: Path) -> None:
    stranger = a_member(tmp_path / "other", NADIA, keys=ClassKeys(bytes(32), bytes(range(1, 33))))
    assert refusal(timur, given(stranger, tmp_path / "stick")).code == "copy-other-class"


def test_somebody_who_is_not_the_partner_is_taken_only_when_the_trainer_says_so(tmp_path: Path) -> None:
    people = (*PEOPLE, Trainee("T04", "Lola Karim", "en"), Trainee("T05", "Ilya Stern", "en"))
    mine, theirs = a_member(tmp_path / "a", people[0], people), a_member(tmp_path / "b", people[4], people)
    write_story(theirs)
    path = given(theirs, tmp_path / "stick")

    refused = refusal(mine, path)
    assert refused.code == "copy-not-partner"
    assert "Тимур Ясенев" in refused.message
    assert taken(mine, path, other=True).taken.is_audited
    assert peer.audited(mine) == path.read_bytes()


def test_a_broken_chain_is_told_and_can_be_audited(nadia: Workspace, timur: Workspace, tmp_path: Path) -> None:
    lines = split_lines(nadia.custody_path.read_bytes())
    nadia.custody_path.write_text("".join((*lines[:3], *lines[4:])), encoding="utf-8")

    found = taken(timur, given(nadia, tmp_path))

    assert found.broken_line == 4
    assert found.taken.is_audited


@pytest.mark.parametrize("content", [b"", b"{}\n", b"x" * (5 * 1024**2), b"\x00" * 100])
def test_what_is_no_copy_changes_nothing(timur: Workspace, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "T01.labledger"
    path.write_bytes(content)
    assert refusal(timur, path).code in ("copy-no-copy", "copy-too-large")


def test_a_file_that_is_not_there_says_so(timur: Workspace, tmp_path: Path) -> None:
    with pytest.raises(CustodyError, match="can not be read"):
        taken(timur, tmp_path / "nothing.labledger")


def test_a_course_without_pairs_says_so(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    with pytest.raises(WorkspaceError, match="no exercise for pairs"):
        colleague.give(workspace.root, None, now=AT)


def test_a_ledger_that_was_not_taken_can_not_be_read(timur: Workspace) -> None:
    with pytest.raises(CustodyError, match="T03"):
        colleague.peer_place(timur.root, "T03")


def test_without_a_copy_nothing_is_handed_in(timur: Workspace) -> None:
    assert peer.audited(timur) == b""


# Handing over: Nadia gives, Timur countersigns in her ledger, she adds the line that came back.


def release(giver: Workspace, receiver: Workspace) -> int:
    """Declare the receiver with the key of their workspace and release the stick; return the number of the line."""
    key = colleague.partners(receiver.root).public_key
    mine = colleague.partners(giver.root).public_key
    write_line(giver, type="person", person_id="N1", name="Nadia Marlow", role="investigator", specimen_signature=mine)
    write_line(giver, type="person", person_id="R1", name="Тимур Ясенев", role="custodian", specimen_signature=key)
    write_line(
        giver, type="seized", event_at=AT.isoformat(), exhibits=["KF-02"], actor="N1", location="ROOM12", purpose="x"
    )
    place = custodian.LedgerPlace(giver.custody_path, giver.ledger_genesis, giver.zone)
    entry = {
        "type": "released",
        "exhibits": ["KF-02"],
        "actor": "N1",
        "released_by": "N1",
        "location": "ROOM12",
        "purpose": "examination: practice of a handover",
    }
    signed = custody_exchange.signed_with(entry, "N1", giver.kit / WORKSPACE_KEY, place, AT)
    return int(custodian.add(place, signed, now=AT).line["seq"])


def countersigned(receiver: Workspace, line: int, out: Path, now: datetime = LATER) -> Path:
    return colleague.countersign(receiver.root, "T01", line, "R1", location="", out=out, now=now).path


def test_a_countersigned_ledger_comes_back_and_both_have_the_same(
    nadia: Workspace, timur: Workspace, tmp_path: Path
) -> None:
    line = release(nadia, timur)
    taken(timur, given(nadia, tmp_path / "stick"))
    back = countersigned(timur, line, tmp_path / "stick")

    found = taken(nadia, back)

    assert found.taken.receipt == line + 1
    ledger = parse(split_lines(nadia.custody_path.read_bytes()), genesis=nadia.ledger_genesis)
    assert ledger.problems == ()
    assert [one.rule for one in check(ledger) if one.rule in ("CC-04", "CC-06", "CC-08", "CC-09", "CC-40")] == []
    taken(timur, given(nadia, tmp_path / "again"))
    assert (timur.root / "peer" / "T01" / peer.LEDGER).read_bytes() == nadia.custody_path.read_bytes()
    assert refusal(nadia, back).code == "receipt-not-next"


def test_a_receipt_after_further_lines_is_refused(nadia: Workspace, timur: Workspace, tmp_path: Path) -> None:
    line = release(nadia, timur)
    taken(timur, given(nadia, tmp_path))
    back = countersigned(timur, line, tmp_path)
    write_line(nadia, type="person", person_id="P9", name="Dora Kest", role="custodian")

    assert refusal(nadia, back).code == "receipt-not-next"


def test_who_was_declared_with_another_key_can_not_countersign(
    nadia: Workspace, timur: Workspace, tmp_path: Path
) -> None:
    line = release(nadia, nadia)
    taken(timur, given(nadia, tmp_path))

    with pytest.raises(CustodyError, match="does not belong to R1"):
        countersigned(timur, line, tmp_path)


def test_a_line_that_is_no_receipt_does_not_come_back(nadia: Workspace, timur: Workspace, tmp_path: Path) -> None:
    release(nadia, timur)
    taken(timur, given(nadia, tmp_path))
    forged = tmp_path / "forged.jsonl"
    forged.write_bytes(nadia.custody_path.read_bytes())
    place = custodian.LedgerPlace(forged, nadia.ledger_genesis, nadia.zone)
    custodian.add(place, {"type": "person", "person_id": "X", "name": "X", "role": "courier"}, now=AT)
    copy = peer.held_of(timur, "T01")
    data = colleague.write_copy(
        copy.owner,
        copy.genesis,
        forged.read_bytes(),
        private_key=colleague._private_key(timur),
        made_at=AT,
        maker=colleague.read_pair(timur).card,
    )
    path = tmp_path / "forged.labledger"
    path.write_bytes(data)

    assert refusal(nadia, path).code == "receipt-unfit"


def test_a_countersigned_ledger_is_for_its_owner_alone(nadia: Workspace, timur: Workspace, tmp_path: Path) -> None:
    owen = a_member(tmp_path / "c", OWEN)
    line = release(nadia, timur)
    taken(timur, given(nadia, tmp_path))

    assert refusal(owen, countersigned(timur, line, tmp_path)).code == "copy-second-hand"


def test_nobody_signs_in_a_ledger_whose_chain_does_not_hold(nadia: Workspace, timur: Workspace, tmp_path: Path) -> None:
    line = release(nadia, timur)
    lines = split_lines(nadia.custody_path.read_bytes())
    nadia.custody_path.write_text("".join((*lines[:2], *lines[3:])), encoding="utf-8")
    with contextlib.suppress(RefusedCopyError):
        taken(timur, given(nadia, tmp_path))

    with pytest.raises(CustodyError, match="does not hold together"):
        countersigned(timur, line, tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", '{"card": {}}', '{"card": null, "audits": null, "gives_to": null}'])
def test_a_damaged_pair_says_so(timur: Workspace, content: str) -> None:
    (timur.kit / "pair.json").write_text(content, encoding="utf-8")
    with pytest.raises(WorkspaceError) as damaged:
        colleague.partners(timur.root)
    assert "trainer" in damaged.value.remedy


def test_a_neighbour_of_another_form_says_so(timur: Workspace) -> None:
    path = timur.kit / "pair.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"pack_id"', '"pack"', 1), encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"pair\.json"):
        colleague.partners(timur.root)


def test_a_note_of_what_is_audited_that_was_damaged_says_so(timur: Workspace) -> None:
    (timur.kit / "audit.json").write_text("{", encoding="utf-8")
    with pytest.raises(WorkspaceError) as damaged:
        peer.audited(timur)
    assert "labkit custody take" in damaged.value.remedy


def test_a_note_that_points_elsewhere_hands_in_nothing(timur: Workspace) -> None:
    (timur.kit / "audit.json").write_text('{"trainee_id": "../../etc"}', encoding="utf-8")
    assert peer.audited(timur) == b""


def test_a_receipt_says_which_seal_was_found(nadia: Workspace, timur: Workspace, tmp_path: Path) -> None:
    line = release(nadia, timur)
    taken(timur, given(nadia, tmp_path))
    back = colleague.countersign(
        timur.root, "T01", line, "R1", location="", out=tmp_path, now=LATER, beside={"note": "looked at twice"}
    )
    taken(nadia, back.path)

    assert "looked at twice" in nadia.custody_path.read_text(encoding="utf-8")
    assert "custody countersign" in timur.examination_path.read_text(encoding="utf-8")


def test_what_a_colleague_wrote_is_text_on_the_page_and_nothing_else(
    nadia: Workspace, timur: Workspace, tmp_path: Path
) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    write_line(
        nadia, type="exhibit", exhibit_no=evil, root_exhibit_no=evil, kind="medium", description=evil, serial=evil
    )
    write_line(nadia, type="person", person_id=evil, name=evil, role="courier")
    write_line(
        nadia, type="received", event_at=AT.isoformat(), exhibits=[evil], actor=evil, received_by=evil, purpose=evil
    )

    page = taken(timur, given(nadia, tmp_path)).page

    assert page is not None
    text = page.read_text(encoding="utf-8")
    assert "alert(1)" in text
    assert "<script" not in text
    assert "<img" not in text
