"""A trainee's YARA rule, tried on samples in a process of its own, under limits of time and memory."""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from labkit.errors import LabkitError

WALL_LIMIT_S = 20
MEMORY_LIMIT_BYTES = 1024**3
_CHILD = Path(__file__).with_name("yara_child.py")
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")  # what Python needs to start; Windows needs SYSTEMROOT


class SampleSets(Protocol):
    """Where generated sets of sample files come from, by the names that facts ``sample_set`` give."""

    def files(self, name: str) -> Mapping[str, bytes]:
        """Return the files of a set: name to content, at least one.

        Raises:
            LabkitError: There is no such set.
        """


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule did.

    ``refused`` is the compiler's message, ``stopped`` says that a limit was reached or the library failed; in both
    cases there is nothing else. ``metas`` has, for each rule, the names in its section meta; ``hits`` the names of the
    samples that were found, by set.
    """

    refused: str = ""
    stopped: str = ""
    metas: tuple[tuple[str, ...], ...] = ()
    hits: Mapping[str, frozenset[str]] | None = None


def try_rule(
    rule: str,
    sets: Mapping[str, Mapping[str, bytes]],
    *,
    wall_limit_s: float = WALL_LIMIT_S,
    memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
) -> Trial:
    """Compile ``rule`` and scan every sample of ``sets``; without sets, only compile.

    ``include`` is switched off, compiled rules are never loaded, and the child gets no key, no folder and no
    environment of ours. On Windows only the clock is limited.

    Raises:
        LabkitError: The child can not be started, or YARA is not installed.
    """
    order = {
        "rule": rule,
        "memory_bytes": memory_limit_bytes,
        "sets": {
            name: {sample: base64.b64encode(data).decode("ascii") for sample, data in samples.items()}
            for name, samples in sets.items()
        },
    }
    try:
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(
                [sys.executable, "-I", "-B", "-W", "ignore", str(_CHILD)],
                input=json.dumps(order).encode("ascii"),
                capture_output=True,
                timeout=wall_limit_s,
                check=False,
                cwd=empty,
                env={name: os.environ[name] for name in _KEPT if name in os.environ},
            )
    except subprocess.TimeoutExpired:
        return Trial(stopped="time")
    except OSError as error:
        raise _no_child(str(error)) from error
    if b"ModuleNotFoundError" in done.stderr:
        raise _no_child("the module yara is missing")
    if done.returncode:
        return Trial(stopped="memory" if b"MemoryError" in done.stderr else "crash")
    return _trial(json.loads(done.stdout))


def _trial(answer: Mapping[str, Any]) -> Trial:
    if "refused" in answer:
        return Trial(refused=re.sub(r"\s+", " ", str(answer["refused"])))
    if "stopped" in answer:
        return Trial(stopped=str(answer["stopped"]))
    metas = tuple(tuple(rule["meta"]) for rule in answer["rules"])
    return Trial(metas=metas, hits={name: frozenset(found) for name, found in answer["hits"].items()})


def _no_child(why: str) -> LabkitError:
    return LabkitError(f"YARA can not be asked: {why}", remedy="Install labkit again with all its parts (yara-python).")
