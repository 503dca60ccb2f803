"""The command line. ``main`` is the entry point; commands load their module when they are called."""

from labkit.cli.root import main

__all__ = ["main"]
