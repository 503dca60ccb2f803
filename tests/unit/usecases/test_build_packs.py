"""Building a class, with a builder that is quick: what happens around it when it stops."""

import errno
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from labkit.cohort.classroom import new_classroom
from labkit.cohort.packs import PackContent, write_pack
from labkit.cohort.store import PackRecord, Store
from labkit.errors import ContentError, PackError, SynthesisError, WorkspaceError
from labkit.usecases import trainer
from labkit.usecases.building import BuiltPack, PackOrder, _add_files
from labkit.usecases.workers import run_jobs, together
from labkit.workspace.pack import Pack
from tests.small_class import NOW, TEXTS

ROSTER = b"trainee_id,name,language\nT01,A B,en\nT02,C D,ru\nT03,E F,en\n"


def quick_pack(order: PackOrder) -> BuiltPack:
    (order.scratch / "evidence.tmp").write_bytes(b"half")
    signature = write_pack(order.out, PackContent({}, TEXTS), order.manifest, order.keys)
    return BuiltPack(
        order.trainee,
        order.out,
        PackRecord(order.manifest.pack_id, order.trainee.trainee_id, signature.hex(), "0" * 64),
    )


@pytest.fixture
def a_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(trainer, "build_pack", quick_pack)
    return new_classroom(tmp_path / "class", roster=ROSTER, course="first-steps", now=NOW).root


def packs_in(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "packs").iterdir())


def built(folder: Path, **options: object) -> tuple[list[str], list[str]]:
    done = trainer.build_packs(folder, processes=1, **options)
    return [each.trainee_id for each in done.built], [each.trainee_id for each in done.kept]


def test_each_trainee_gets_a_pack_that_holds(a_class: Path) -> None:
    assert built(a_class) == (["T01", "T02", "T03"], [])

    assert packs_in(a_class) == ["T01.labpack", "T02.labpack", "T03.labpack"]
    with Pack(a_class / "packs" / "T02.labpack") as pack:
        pack.verify()
        assert (pack.manifest.trainee_name, pack.manifest.language) == ("C D", "ru")
        assert pack.manifest.issued_at == NOW.isoformat()
        assert pack.manifest.zone == "Asia/Almaty"


def test_only_and_force(a_class: Path) -> None:
    assert built(a_class, only=["t02"]) == (["T02"], [])
    assert built(a_class, only=["T02"], force=True) == (["T02"], [])
    assert built(a_class) == (["T01", "T03"], ["T02"])
    with pytest.raises(WorkspaceError, match="nobody in the roster"):
        built(a_class, only=["T99"])


def test_a_damaged_pack_is_built_again(a_class: Path) -> None:
    built(a_class)
    path = a_class / "packs" / "T02.labpack"
    whole = path.read_bytes()
    path.write_bytes(whole[:-50])

    assert built(a_class) == (["T02"], ["T01", "T03"])
    assert path.read_bytes() == whole


def test_after_the_results_were_lost_the_packs_are_known_again(a_class: Path) -> None:
    built(a_class)
    (a_class / "results.sqlite").unlink()

    assert built(a_class) == (["T01", "T02", "T03"], [])
    with Store.open(a_class / "results.sqlite") as store:
        assert {pack.trainee_id for pack in store.packs().values()} == {"T01", "T02", "T03"}


@pytest.mark.parametrize(
    "error",
    [
        KeyboardInterrupt(),
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "image.raw"),
        SynthesisError("the story can not be played", remedy="Correct it."),
    ],
    ids=["ctrl-c", "full disk", "our fault"],
)
def test_a_stop_leaves_nothing_half_written_and_the_next_run_goes_on(
    a_class: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def stop_at_the_second(order: PackOrder) -> BuiltPack:
        if order.trainee.trainee_id == "T02":
            (order.scratch / "new.labpack").write_bytes(b"half a pack")
            raise error
        return quick_pack(order)

    monkeypatch.setattr(trainer, "build_pack", stop_at_the_second)
    with pytest.raises(type(error)):
        built(a_class)

    assert packs_in(a_class) == ["T01.labpack"]
    monkeypatch.setattr(trainer, "build_pack", quick_pack)
    assert built(a_class) == (["T02", "T03"], ["T01"])


def test_what_a_power_loss_left_is_cleared_away(a_class: Path) -> None:
    scratch = a_class / "packs" / trainer.SCRATCH / "T01"
    scratch.mkdir(parents=True)
    (scratch / "new.labpack").write_bytes(b"half a pack")

    built(a_class)

    assert packs_in(a_class) == ["T01.labpack", "T02.labpack", "T03.labpack"]


def test_two_cases_that_hand_out_one_name_are_told() -> None:
    with pytest.raises(ContentError, match="two cases of the course hand out evidence/usb/a"):
        _add_files({"evidence/usb/a.raw": Path("a")}, {"evidence/usb/a.raw": Path("b")})


def double(number: int) -> int:
    return 2 * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise PackError("three", remedy="Take another.")
    return number


def sleep_long(number: int) -> int:
    time.sleep(0 if number == 0 else 60)
    return number


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C otherwise")
def test_ctrl_c_waits_for_steps_that_belong_together() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), together():
        steps.append(1)
        os.kill(os.getpid(), signal.SIGINT)
        steps.append(2)

    assert steps == [1, 2]
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)


def test_jobs_run_in_processes_of_their_own() -> None:
    assert sorted(run_jobs(double, range(5), processes=2)) == [0, 2, 4, 6, 8]


def test_an_error_in_a_process_arrives_with_its_remedy() -> None:
    with pytest.raises(PackError, match="three") as caught:
        list(run_jobs(fail_at_three, [3, 3], processes=2))

    assert caught.value.remedy == "Take another."


def test_who_stops_listening_ends_what_still_runs() -> None:
    before = set(multiprocessing.active_children())
    results = run_jobs(sleep_long, [0, 1, 2], processes=2)

    assert next(results) == 0
    results.close()

    assert set(multiprocessing.active_children()) <= before
