# SPDX-License-Identifier: LicenseRef-VSL-1.0
"""Runs single plugins of Volatility 3 on a memory image, offline, each with a context of its own."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import volatility3.plugins
import volatility3.symbols
from volatility3 import framework
from volatility3.framework import automagic, constants, contexts, interfaces, plugins
from volatility3.framework.renderers import format_hints

Row = dict[str, Any]


def prepare(symbols: Path) -> None:
    """Load the plugins once, and let symbols be found in a folder that has ``linux/*.json.xz``; nothing is fetched."""
    framework.require_interface_version(2, 0, 0)
    constants.OFFLINE = True
    volatility3.symbols.__path__ = [str(symbols), *constants.SYMBOL_BASEPATHS]
    framework.import_files(volatility3.plugins, ignore_errors=True)


def run(plugin: str, image: Path, **settings: Any) -> tuple[list[Row], dict[str, bytes]]:
    """Run one plugin and return its rows by column, and the files that it wrote by name.

    Args:
        plugin: Its name as at the command line, such as ``linux.pslist.PsList``.
        image: A raw image.
        settings: Of the plugin.

    A fresh context each time: one that is used again gets slower with each plugin.
    """
    context = contexts.Context()
    available = automagic.available(context)
    chosen = framework.list_plugins()[plugin]
    context.config["automagic.LayerStacker.single_location"] = image.resolve().as_uri()
    for name, value in settings.items():
        context.config[f"plugins.{chosen.__name__}.{name}"] = value
    written: dict[str, bytes] = {}
    constructed = plugins.construct_plugin(
        context, automagic.choose_automagic(available, chosen), chosen, "plugins", None, _handler(written)
    )
    return list(_rows(constructed.run())), written


def _rows(grid: Any) -> Iterator[Row]:
    found: list[Row] = []
    names = [column.name for column in grid.columns]

    def visit(node: Any, _: Any) -> None:
        values = {name: _plain(value) for name, value in zip(names, node.values, strict=True)}
        found.append(values | {"depth": node.path_depth})

    grid.populate(visit, None)
    yield from found


def _plain(value: Any) -> Any:
    """Return a cell as JSON has it; None for what a plugin could not read or does not have."""
    if isinstance(value, interfaces.renderers.BaseAbsentValue | interfaces.renderers.Disassembly):
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, format_hints.HexBytes | bytes):
        return bytes(value).hex()
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    return str(value)


def _handler(written: dict[str, bytes]) -> type:
    class Kept(io.BytesIO, interfaces.plugins.FileHandlerInterface):
        """A file of a plugin that stays in memory."""

        def __init__(self, filename: str) -> None:
            io.BytesIO.__init__(self)
            interfaces.plugins.FileHandlerInterface.__init__(self, filename)

        def close(self) -> None:
            if not self.closed:
                written[self.preferred_filename] = self.getvalue()
            super().close()

    return Kept
