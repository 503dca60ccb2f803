"""``labkit custody partner | give | take``, ``show --peer`` and ``export --peer``, as they are typed."""

import contextlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labkit.cli import main
from labkit.workspace.folder import Workspace
from tests.pairs import PEOPLE, a_member, write_story


@pytest.fixture
def two(tmp_path: Path) -> tuple[Workspace, Workspace]:
    pair = PEOPLE[:2]
    giver, taker = (a_member(tmp_path / one.trainee_id, one, pair) for one in pair)
    write_story(giver)
    return giver, taker


def run(workspace: Workspace, *arguments: object) -> Result:
    with contextlib.chdir(workspace.root):
        return CliRunner().invoke(main, ["custody", *map(str, arguments)])


def test_partners_are_told_with_their_keys_as_soon_as_they_are_known(
    two: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    giver, taker = two
    before = [json.loads(line) for line in run(taker, "partner", "--json").output.splitlines()]
    run(giver, "give", "--out", tmp_path)
    run(taker, "take", tmp_path / "T01.labledger")
    after = [json.loads(line) for line in run(taker, "partner", "--json").output.splitlines()]

    assert [(one["side"], one["trainee_id"], one["key"]) for one in before] == [
        ("gives-to", "T01", None),
        ("audits", "T01", None),
    ]
    own = run(giver, "partner", "--plain").output.split()[-1]
    assert {one["key"] for one in after} == {own}
    assert own in run(taker, "partner").output
    assert "Nadia Marlow (T01)" in run(taker, "partner").output


def test_giving_and_taking_say_the_same_checkpoint_code(two: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    giver, taker = two
    given = run(giver, "give", "--out", tmp_path).output
    taken = run(taker, "take", tmp_path / "T01.labledger").output

    code = given.split("checkpoint code ")[1][:11]
    assert code in taken
    assert str(Path("peer", "T01", "custody-log.html")) in taken


def test_a_broken_chain_is_told_when_a_ledger_is_taken(two: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    giver, taker = two
    lines = giver.custody_path.read_bytes().splitlines(keepends=True)
    giver.custody_path.write_bytes(b"".join((*lines[:2], *lines[3:])))
    run(giver, "give", "--out", tmp_path)

    taken = run(taker, "take", tmp_path / "T01.labledger")

    assert taken.exit_code == 0
    assert "3" in taken.stderr


def test_a_colleagues_ledger_is_shown_and_exported(two: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    giver, taker = two
    run(giver, "give", "--out", tmp_path)
    run(taker, "take", tmp_path / "T01.labledger")

    assert "red stick" in run(taker, "show", "--peer", "T01").output
    assert "red stick" in run(taker, "export", "--peer", "T01", "--format", "csv", "--out", "-").output
    unknown = run(taker, "show", "--peer", "T09")
    assert unknown.exit_code == 7
    assert "labkit custody take" in unknown.stderr


def test_a_refused_copy_has_a_message_a_remedy_and_an_exit_code(
    two: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    (tmp_path / "x.labledger").write_bytes(b"nothing of the kind")

    refused = run(two[1], "take", tmp_path / "x.labledger")

    assert refused.exit_code == 7
    assert "Ошибка: это не копия журнала" in refused.stderr
    assert "Что делать:" in refused.stderr


def test_a_line_is_signed_with_the_key_of_the_workspace(two: tuple[Workspace, Workspace]) -> None:
    giver, _ = two
    own = run(giver, "partner", "--plain").output.split()[-1]
    run(giver, "add", "person", "T1", "--name", "Nadia Marlow", "--role", "investigator", "--specimen", own)

    added = run(giver, "add", "analysed", "--exhibit", "KF-02", "--by", "T1", "--location", "ROOM12", "--tool", "x 1",
                "--purpose", "a look", "--sign", "--json")  # fmt: skip

    assert added.exit_code == 0, added.output
    assert json.loads(added.output.splitlines()[-1])["signatures"][0]["method"] == "ed25519"
