import sys

import pytest

from labkit.verification import programs
from labkit.verification.programs import ask, find


def test_a_program_that_is_not_installed_is_nobody() -> None:
    assert find("no-such-program-anywhere") is None
    assert ask("no-such-program-anywhere", "x") is None


def test_a_program_that_does_not_end_is_stopped_and_has_not_succeeded() -> None:
    answer = ask(sys.executable, "-c", "import time; time.sleep(30)", timeout_s=0.5)

    assert answer is not None
    assert not answer.succeeded
    assert "did not end" in answer.complaint


def test_a_complaint_is_the_exit_code_and_the_last_line() -> None:
    answer = ask(sys.executable, "-c", "import sys; print('one', file=sys.stderr); sys.exit('two')")

    assert answer is not None
    assert answer.complaint == "exit code 1: two"


def test_programs_run_in_utc_and_without_a_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kabul")
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")

    answer = ask(sys.executable, "-c", "import os; print(os.environ['TZ'], os.environ['LC_ALL'])")

    assert answer is not None
    assert answer.text.split() == ["UTC", "C.UTF-8"]
    assert programs.TIMEOUT_S <= 60
