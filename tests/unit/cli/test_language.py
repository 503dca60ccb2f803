"""In which language commands speak: that of the workspace, or as the reader says."""

import re
from pathlib import Path

import pytest

from labkit.cli.language import VARIABLE, in_words, reader_language
from tests.small_class import a_workspace
from tests.unit.cli.image_runner import run

_LATIN = re.compile(r"[a-z]{4,}")


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_workspace_decides(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = a_workspace(outside / "w", language="ru").root
    assert reader_language() == "en"

    monkeypatch.chdir(root / "evidence")
    assert reader_language() == "ru"
    assert "Ошибка: файла missing.raw нет\nЧто делать:  Проверьте" in run("image", "info", "missing.raw", code=5).stderr

    monkeypatch.setenv(VARIABLE, "en")
    assert "Error: there is no file missing.raw\nNext:  Check" in run("image", "info", "missing.raw", code=5).stderr


@pytest.mark.parametrize("manifest", [b"{", b"[]", b'{"language": 7}', b"\xff", b"[" * 100_000])
def test_a_damaged_manifest_leaves_english(manifest: bytes, outside: Path) -> None:
    (outside / ".labkit").mkdir()
    (outside / ".labkit" / "manifest.json").write_bytes(manifest)

    assert reader_language() == "en"


def test_the_reader_decides(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "ru")

    assert in_words("there is no file a.raw") == "файла a.raw нет"
    assert in_words("a word of no catalogue") == "a word of no catalogue"
    error = run("custody", "show", code=9).stderr
    assert error.startswith("Ошибка: ")
    assert "Что делать:  " in error
    monkeypatch.setenv(VARIABLE, "tlh")
    assert run("custody", "show", code=9).stderr.startswith("Error: ")


def test_a_warning_is_said_with_all_that_it_quotes(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "ru")

    said = in_words("Warning: volume 1: the directory /docs (address 30) can not be read to its end")
    assert said.startswith("Предупреждение: том 1: ")
    assert "/docs" in said
    assert not _LATIN.search(said.replace("/docs", ""))


@pytest.mark.parametrize(
    ("typed", "meant"), [(("custdy",), "custody"), (("image", "lss"), "ls"), (("memory", "string"), "strings")]
)
def test_a_mistyped_command_is_told_what_may_have_been_meant(
    typed: tuple[str, ...], meant: str, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"No such command '{typed[-1]}'. Did you mean '{meant}'?" in run(*typed, code=2).stderr
    monkeypatch.setenv(VARIABLE, "ru")
    error = run(*typed, code=2).stderr
    assert f"Ошибка: нет команды '{typed[-1]}'; может быть, '{meant}'?" in error
    assert not _LATIN.search(re.sub(r"'\w+'|labkit|main|image|memory|OPTIONS|COMMAND|ARGS|--help", "", error))
