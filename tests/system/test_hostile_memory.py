"""Damaged memory images end in a result or a clear error, whatever command reads them; none hangs or crashes it.

``LABKIT_HOSTILE=2000`` makes it 2,000 of them, as does ``python -m tests.hostile_memory``.
"""

import os
from pathlib import Path
from random import Random

import click
import pytest

from labkit.cli.memory_commands import memory
from tests.hostile_memory.commands import named_commands
from tests.hostile_memory.damage import damaged_table, image_faults
from tests.hostile_memory.places import Believed
from tests.hostile_memory.trial import Trial

MUTATIONS = int(os.environ.get("LABKIT_HOSTILE", "10"))

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.timeout(180 + MUTATIONS * 20),
]


def test_every_mutation_ends_well(tmp_path: Path) -> None:
    with Trial(tmp_path) as trial:
        bad = [problem for number in range(MUTATIONS) if (problem := trial.run(number))]

    assert not bad
    assert trial.ends["results"] + trial.ends["clear errors"] >= MUTATIONS * 10
    assert trial.ends["changed"] >= MUTATIONS / 5  # the others hit what is not shown, such as content


def test_every_command_on_memory_is_run() -> None:
    assert named_commands() == set(memory.list_commands(click.Context(memory)))


def test_faults_change_what_is_believed() -> None:
    data, places = bytes(range(256)) * 64, Believed()
    places.stretches = {(4096, 8), (4104, 248), (8192, 4096)}
    places.sort(data[:4100] + b"\xff" * 8 + data[4108:])
    faults = [fault for number in range(100) for fault in image_faults(data, places, Random(number))]

    assert {what.split(" at ")[0].split(" of ")[0] for what, _ in faults} >= {"a number", "a wild pointer", "zeros"}
    assert all(0 <= at < at + len(new) <= len(data) for _, patches in faults for at, new in patches)
    assert sum(data[at : at + len(new)] != new for _, patches in faults for at, new in patches) > len(faults) / 2


def test_tables_are_damaged_in_their_values_and_as_files() -> None:
    table = {"symbols": {"a": {"address": 1}}, "user_types": {"t": {"size": 8, "fields": {}}}}
    damage = [damaged_table(table, Random(number)) for number in range(100)]

    assert len({content for _, content in damage}) > 50
    assert {content[:1] for _, content in damage} >= {b"{", b"\xfd"}
