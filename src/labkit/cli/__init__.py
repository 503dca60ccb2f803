"""The command line. ``main`` is the entry point; commands load their module when they are called."""

import gc

_collects = gc.isenabled()
gc.disable()  # nothing of what is loaded now is garbage, now or later; looking for some takes a tenth of the time

from labkit.cli.root import main  # noqa: E402

gc.freeze()
if _collects:
    gc.enable()

__all__ = ["main"]
