"""Where a workspace begins: found from whatever lies in it, without reading it.

This module imports nothing of the kit: every command on evidence asks it whether there is a log to write.
"""

from pathlib import Path

KIT = ".labkit"
MANIFEST = "manifest.json"


def find_root(start: Path) -> Path | None:
    """Return the root of the workspace that ``start`` (a file or folder, there or not) lies in; None outside."""
    here = start.resolve()
    return next((place for place in (here, *here.parents) if (place / KIT / MANIFEST).is_file()), None)
