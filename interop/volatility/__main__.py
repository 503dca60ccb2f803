# SPDX-License-Identifier: LicenseRef-VSL-1.0
"""``python -m interop.volatility IMAGE --symbols FILE --out FOLDER [PLUGIN ...]``: one JSON file for each plugin.

Run with the Python of the environment that has ``requirements.txt``, from the top of the repository. Ends with 1 if a
plugin did not come to its end; its file then has the reason as ``problem``.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

SCHEMA = "memory-witness/1"


def main() -> int:
    """Run the plugins that the command line names, all of them without a name."""
    parser = argparse.ArgumentParser(prog="python -m interop.volatility", description=__doc__.splitlines()[0])
    parser.add_argument("image", type=Path, help="raw memory image")
    parser.add_argument("plugins", nargs="*", metavar="PLUGIN", help="such as pslist (all)")
    parser.add_argument("--symbols", type=Path, required=True, help="symbol file (ISF), or a folder of them")
    parser.add_argument("--out", type=Path, required=True, help="folder for PLUGIN.json")
    parser.add_argument("--jobs", type=int, default=1, help="plugins at the same time (1)")
    arguments = parser.parse_intermixed_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="volatility-") as private:
        # Volatility keeps its caches in the user's home; it knows where that is when it is imported.
        os.environ.update(HOME=private, XDG_CACHE_HOME=f"{private}/cache")
        from interop.volatility import session
        from interop.volatility.witness import WITNESSES

        unknown = set(arguments.plugins) - set(WITNESSES)
        if unknown:
            parser.error(f"no plugin is called {', '.join(sorted(unknown))}; there are {', '.join(WITNESSES)}")
        session.prepare(_symbols(arguments.symbols, Path(private, "symbols")))
        one = partial(_written, image=arguments.image, out=arguments.out)
        # Forked, so that the plugins are imported once; a process for each, so that its memory is given back.
        with multiprocessing.get_context("fork").Pool(arguments.jobs, maxtasksperchild=1) as pool:
            done = [*pool.imap(one, arguments.plugins or list(WITNESSES), chunksize=1)]
    return 0 if all(done) else 1


def _symbols(given: Path, folder: Path) -> Path:
    """Lay symbol files out as Volatility looks for them: in ``linux/``."""
    (folder / "linux").mkdir(parents=True)
    for file in [given] if given.is_file() else sorted(given.glob("*.json*")):
        (folder / "linux" / file.name).symlink_to(file.resolve())
    return folder


def _written(name: str, *, image: Path, out: Path) -> bool:
    """Run one plugin and write what it says; return whether it came to its end."""
    from interop.volatility import session
    from interop.volatility.witness import WITNESSES

    witness, begin = WITNESSES[name], time.perf_counter()
    value = {"schema": SCHEMA, "kind": witness.kind, "reader": witness.plugin, "problem": None, "rows": []}
    try:
        value["rows"] = witness.told(*session.run(witness.plugin, image, **witness.settings))
    except Exception as error:  # noqa: BLE001 - whatever a plugin stumbles over is what it says
        value["problem"] = f"{type(error).__name__}: {error}"
    value["seconds"] = round(time.perf_counter() - begin, 3)
    (out / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    rows = len(value["rows"])
    sys.stderr.write(f"{name}: {value['problem'] or f'{rows} rows'}, {value['seconds']:.1f} s\n")
    return value["problem"] is None


if __name__ == "__main__":
    sys.exit(main())
