"""Every command that reads a memory image."""

from collections.abc import Iterator
from pathlib import Path

RULES = 'rule word { strings: $a = "kf_sync" $b = { 7f 45 4c 46 02 01 } condition: any of them }\n'


def command_lines(image: Path, symbols: Path, folder: Path) -> Iterator[list[str]]:
    """Yield the command lines: each command of ``labkit memory`` as JSON, some as people read it, and YARA."""
    source = [str(image), "--symbols", str(symbols)]
    for words in (
        ["info"],
        ["ps"],
        ["ps", "--threads"],
        ["tree"],
        ["cmdline"],
        ["env"],
        ["files"],
        ["net"],
        ["maps"],
        ["recover"],
        ["recover", "--all"],
        ["ps", "--scan"],
        ["history"],
        ["log"],
        ["mounts"],
        ["owner", "0x1000", "0x4000000", "0x5e65000", "0x7000fff"],
        ["strings", "--pid", "1"],
    ):
        yield ["memory", words[0], *source, *words[1:], "--json"]
    yield ["memory", "ps", *source]
    yield ["memory", "tree", *source, "--plain"]
    yield ["memory", "recover", *source]
    yield ["memory", "cmdline", *source, "--pid", "1"]
    yield ["memory", "maps", *source, "--anonymous", "--executable"]
    for inode in ("2", "9"):
        yield ["memory", "recover", *source, "--inode", inode, "--to", str(folder / f"file-{inode}"), "--force"]
    yield ["yara", str(folder / "rules.yar"), str(image), "--json"]


def named_commands() -> set[str]:
    """Return the commands of ``labkit memory`` that are run."""
    return {words[1] for words in command_lines(Path("i"), Path("s"), Path()) if words[0] == "memory"}
