from pathlib import Path

import pytest
from click.testing import CliRunner

from labkit.cli import main
from labkit.usecases import demo as module
from labkit.usecases.demo import MARKER, PLAYERS, run_demo
from tests.small_class import NOW


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep", encoding="utf-8")

    result = CliRunner().invoke(main, ["demo", "--out", str(tmp_path)])

    assert result.exit_code == 9
    assert "--out" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_stop_leaves_nothing_and_an_older_demo_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "demo"
    old.mkdir()
    (old / MARKER).touch()
    (old / "old.txt").touch()

    def stop(*_arguments: object, **_options: object) -> None:
        assert not (old / "old.txt").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "build_packs", stop)
    with pytest.raises(KeyboardInterrupt):
        run_demo(old, now=NOW)

    assert list(tmp_path.iterdir()) == []


def test_the_class_of_the_demo_speaks_both_languages() -> None:
    assert [player.language for player in PLAYERS].count("ru") == 3
    assert len({player.habit for player in PLAYERS}) == len(PLAYERS) == 6
