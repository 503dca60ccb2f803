"""Every command of the trainee's guide does what the guide says."""

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from labkit.cli.root import main
from labkit.custody.rules import RULES
from tests.unit.custody.story import GENESIS

DOCS = Path(__file__).resolve().parents[3] / "docs"


def commands() -> list[str]:
    text = (DOCS / "trainee" / "custody-ledger.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_commands_of_the_guide_make_a_clean_ledger(tmp_path: Path) -> None:
    where = ["--ledger", str(tmp_path / "custody.jsonl"), "--genesis", GENESIS]
    outputs = {}
    for command in commands():
        program, *arguments = shlex.split(command)
        done = CliRunner().invoke(main, [*arguments, *where])
        assert (program, done.exit_code) == ("labkit", 0), f"{command}\n{done.output}"
        assert "not declared" not in done.stderr
        outputs[command] = done.stdout

    assert outputs["labkit custody check"].startswith("The rules found nothing.")
    [corrected] = [command for command in outputs if " corrected " in command]
    shown = outputs["labkit custody show"].splitlines()
    number = re.search(r"--corrects (\d+)", corrected)
    assert number is not None
    assert any(line.split()[0] == number[1] and "ewfacquire" in line for line in shown if line.split())


def test_the_developers_table_lists_every_rule_with_its_weight() -> None:
    text = (DOCS / "developer" / "custody-rules.md").read_text(encoding="utf-8")

    for rule in RULES:
        assert f"| {rule.code} | {rule.severity.value} |" in text
