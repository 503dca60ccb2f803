"""Damaged images through every command end in a result or a clear error; none hangs, none crashes the command.

``LABKIT_HOSTILE=2000`` makes it 2,000 mutations of each kind; ``python -m tests.hostile`` prints the table of outcomes.
"""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from random import Random

import click
import pytest
from click.testing import CliRunner

from labkit.cli import main as labkit
from labkit.cli.apart import ApartCommand, ApartGroup
from labkit.cli.root import COMMANDS
from labkit.evidence.artifacts.kinds import KINDS as KINDS_OF_ARTIFACTS
from tests.hostile.commands import named_commands
from tests.hostile.damage import Believed, damaged
from tests.hostile.kinds import CONTENTS, KINDS, windows
from tests.hostile.trial import tried

MUTATIONS = int(os.environ.get("LABKIT_HOSTILE", "10"))

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.timeout(60 + MUTATIONS * 10),
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_mutation_ends_well(kind: str, tmp_path: Path) -> None:
    ends, bad = tried(kind, tmp_path, MUTATIONS)

    assert not bad, f"{dict(ends)}\n" + "\n".join(bad[:3])
    assert ends["results"] + ends["clear errors"] >= MUTATIONS * 20


def test_every_command_that_reads_apart_is_run() -> None:
    commands = {name: getattr(import_module(module), attribute) for name, (module, attribute, _) in COMMANDS.items()}
    apart = {name for name, command in commands.items() if isinstance(command, ApartCommand)}
    groups = {name: command for name, command in commands.items() if isinstance(command, ApartGroup)}
    del groups["memory"]  # it reads no disk images; damaged memory has tests of its own
    inside = {
        f"{name} {inner}" for name, group in groups.items() for inner in group.list_commands(click.Context(group))
    }

    assert named_commands() == apart | inside


def test_damage_reaches_the_parsers_of_windows_files(tmp_path: Path) -> None:
    """The undamaged medium has artifacts of every kind, and most damaged ones tell other things."""
    (image,) = windows(tmp_path)
    whole = image.read_bytes()
    undamaged = told(image)
    places = Believed(whole, CONTENTS["Windows"]())
    changed = 0
    for number in range(20):
        image.write_bytes(damaged(whole, places, Random(f"parsers/{number}")))
        changed += told(image) != undamaged

    assert {json.loads(line)["kind"] for line in undamaged[0].splitlines()} == set(KINDS_OF_ARTIFACTS)
    assert not undamaged[1].count("Warning")
    assert changed >= 10


def told(image: Path) -> tuple[str, str]:
    done = CliRunner().invoke(labkit, ["artifacts", str(image), "--json"])
    assert done.exit_code in {0, 5}
    return done.stdout, done.stderr


def test_a_crash_of_the_reader_reaches_the_user_as_an_error(tmp_path: Path) -> None:
    """The whole command, with a reader that dies inside a C library's call."""
    image = tmp_path / "any.raw"
    image.write_bytes(bytes(4096))
    code = (
        "import os, signal, sys; from labkit.usecases import examiner;"
        "examiner.describe = lambda path: os.kill(os.getpid(), signal.SIGSEGV);"
        "sys.argv = ['labkit', 'image', 'info', sys.argv[1]];"
        "from labkit.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code, image], capture_output=True, timeout=60, check=False)

    assert done.returncode == 5
    assert b"crashed (SIGSEGV)" in done.stderr
    assert b"Next:  " in done.stderr
