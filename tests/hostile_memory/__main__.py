"""Print how 2,000 damaged memory images end: ``python -m tests.hostile_memory [MUTATIONS [FIRST]]``.

``python -m tests.hostile_memory SEED/NUMBER`` repeats one mutation and says what was damaged.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.hostile_memory.trial import Trial

_EVERY = 100


def main(words: list[str]) -> int:
    """Run what the words name; return 1 if something ended as it must not."""
    seed, first, mutations = 1, 0, 2000
    if words and "/" in words[0]:
        seed, first = map(int, words[0].split("/"))
        mutations = 1
    elif words:
        mutations, first = int(words[0]), int(words[1]) if words[1:] else 0
    with tempfile.TemporaryDirectory() as folder, Trial(Path(folder), seed) as trial:
        for number in range(first, first + mutations):
            problem = trial.run(number)
            if problem:
                print(problem, file=sys.stderr, flush=True)  # noqa: T201
            if mutations == 1:
                print("\n".join([*trial.damage, *trial.remarks]))  # noqa: T201
            if (number + 1 - first) % _EVERY == 0 or number + 1 == first + mutations:
                print(number + 1 - first, dict(trial.ends), flush=True)  # noqa: T201
    return 1 if trial.bad else 0


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    sys.exit(main(sys.argv[1:]))
