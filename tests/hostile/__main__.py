"""Print a table of how 2,000 damaged images of each kind end: ``python -m tests.hostile [MUTATIONS] [KIND ...]``.

``python -m tests.hostile SEED/KIND/NUMBER`` repeats one mutation.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.hostile.kinds import KINDS
from tests.hostile.trial import ENDS, tried


def main(words: list[str]) -> int:
    """Run what the words name; return 1 if something ended as it must not."""
    seed, first, mutations, kinds = 1, 0, 2000, list(KINDS)
    if words and words[0].count("/") == 2:
        name, kind, number = words[0].split("/")
        seed, first, mutations, kinds = int(name), int(number), 1, [kind]
    elif words:
        mutations, kinds = int(words[0]), words[1:] or kinds
    print(f"{'kind':<10} {'mutations':>9}", *(f"{end:>12}" for end in ENDS), flush=True)  # noqa: T201
    failed = 0
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            ends, bad = tried(kind, Path(folder), mutations, seed=seed, first=first)
        print(f"{kind:<10} {mutations:>9}", *(f"{ends[end]:>12}" for end in ENDS), flush=True)  # noqa: T201
        print("\n".join(bad[:20]), end="\n" if bad else "", file=sys.stderr, flush=True)  # noqa: T201
        failed = failed or bool(bad)
    return failed


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    sys.exit(main(sys.argv[1:]))
