"""Every command that reads a memory image."""

from collections.abc import Iterator
from pathlib import Path

RULES = 'rule word { strings: $a = "kf_sync" $b = { 7f 45 4c 46 02 01 } condition: any of them }\n'
READS_EVERYTHING = {"--all", "--scan", "owner", "strings", "yara"}  # what they read is not what is believed
_ALL_INODES_EVERY, _ALL_STRINGS_EVERY = 5, 20  # images: they take as long as everything else; one divides the other


def command_lines(image: Path, symbols: Path, folder: Path, number: int = 0) -> Iterator[list[str]]:
    """Yield the command lines: each command of ``labkit memory`` as JSON, some as people read it, and YARA.

    Args:
        image: The image.
        symbols: The symbol table of its kernel.
        folder: Where the rules of YARA are, and where files are recovered to.
        number: The image's own; commands that take long are run on some images only.
    """
    source = [str(image), "--symbols", str(symbols)]
    to = ["--to", str(folder / "recovered"), "--force"]
    for words in (
        ["info"],
        ["ps", "--threads"],
        ["ps", "--scan"],
        ["tree"],
        ["cmdline"],
        ["env"],
        ["files"],
        ["net"],
        ["maps"],
        ["recover", "--inode", "9", *to],
        ["history"],
        ["log"],
        ["mounts"],
        ["owner", "33112576", "46610704", "94601328"],
        ["strings", "--pid", "1", "--containing", "bin"],
    ):
        yield ["memory", words[0], *source, *words[1:], "--json"]
    yield ["memory", "ps", *source]
    yield ["memory", "tree", *source, "--plain"]
    yield ["memory", "recover", *source]
    yield ["memory", "maps", *source, "--anonymous", "--executable"]
    yield ["memory", "cmdline", *source, "--pid", "1", "--plain"]
    yield ["yara", str(folder / "rules.yar"), str(image), "--json"]
    if number % _ALL_INODES_EVERY == 0:
        yield ["memory", "recover", *source, "--all", "--json"]
    if number % _ALL_STRINGS_EVERY == 0:
        yield ["memory", "strings", *source, "--json"]


def named_commands() -> set[str]:
    """Return the commands of ``labkit memory`` that are run."""
    return {words[1] for words in command_lines(Path("i"), Path("s"), Path()) if words[0] == "memory"}
