"""``python -m benchmarks [NAME ...] [--json]``."""

import argparse
import dataclasses
import json
import sys

from benchmarks.cases import CASES, measure
from benchmarks.measure import Row


def main() -> int:
    """Run the named measurements (all of them without a name); exit 1 when one misses its target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(CASES)}")
    parser.add_argument("--json", action="store_true", help="one object per line")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in CASES]
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(CASES)}")
    rows = []
    for name in arguments.names or CASES:
        row = measure(name)
        rows.append(row)
        print(json.dumps(dataclasses.asdict(row)) if arguments.json else _line(row), flush=True)
    return 1 if any(row.met is False for row in rows) else 0


def _line(row: Row) -> str:
    if row.ratio is None:
        return f"{row.name:10} not measured: {row.note}"
    verdict = "met" if row.met else "MISSED"
    return (
        f"{row.name:10} ours {row.ours_s:8.3f} s  peer {row.peer_s:8.3f} s  ratio {row.ratio:6.3f}"
        f"  target {row.target:5.2f}  {verdict:6}  peak {row.peak_mib:6.1f} MiB  ({row.note})"
    )


if __name__ == "__main__":
    sys.exit(main())
