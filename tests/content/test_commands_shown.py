"""Every command of labkit that a text shows is one that there is, with options that it has."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from labkit.cli import main as labkit

ROOT = Path(__file__).parents[2]
TEXTS = sorted(
    path
    for pattern in ("README.md", "docs/t*/*.md", "docs/author/*.md", "labs/**/*.md", "exercises/**/*.md")
    for path in ROOT.glob(pattern)
)
BLOCK = re.compile(r"^ *```[a-z]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`(labkit\s[^`]+)`")
END = frozenset({"|", ">", ">>", "&&", ";", "#", "..."})
NAME = re.compile(r"[a-z][a-z-]*(\|[a-z-]+)*")


def shown(text: str) -> Iterator[str]:
    """Yield the commands of a text: lines of blocks, and spans of code, which may go over a line's end."""
    for block in BLOCK.findall(text):
        yield from re.findall(r"^ *(?:\$ )?(labkit .*)$", block.replace("\\\n", " "), re.MULTILINE)
    yield from (" ".join(span.split()) for span in SPAN.findall(BLOCK.sub("", text)))


def problem(line: str) -> str | None:
    """Return what is wrong with a command, or None. Words in capitals stand for something and end the names."""
    try:
        words = shlex.split(line, comments=True)[1:]
    except ValueError:
        words = line.split()[1:]
    command: click.Command = labkit
    with click.Context(labkit) as context:
        for word in words:
            if word in END:
                break
            if word.startswith("-") and word.strip("-") and not word[1:2].isdigit():
                options = {name for each in command.get_params(context) for name in (*each.opts, *each.secondary_opts)}
                if not {*word.partition("=")[0].split("|")} <= options | {"-h", "--help", "--version"}:
                    return f"{command.name} has no option {word}"
            elif isinstance(command, click.Group):
                if not NAME.fullmatch(word):
                    break
                inner = [command.get_command(context, name) for name in word.split("|")]
                if None in inner:
                    return f"{command.name} has no command {word}"
                if len(inner) > 1:
                    break
                command = inner[0] or command
    return None


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_a_text_shows_are_there(path: Path) -> None:
    lines = list(shown(path.read_text(encoding="utf-8")))

    assert [f"{line}: {wrong}" for line in lines if (wrong := problem(line))] == []


def test_wrong_commands_are_noticed() -> None:
    assert problem("labkit hash a.raw") == "main has no command hash"
    assert problem("labkit image ls a.raw --colour") == "ls has no option --colour"
    assert problem("labkit image ls a.raw --plain") is None
    assert problem("labkit image info|nothing") == "image has no command info|nothing"
    assert list(shown("see `labkit\nstatus`\n```\nlabkit image ls \\\n a.raw\nls\n```\n")) == [
        "labkit image ls   a.raw",
        "labkit status",
    ]


def test_texts_show_commands() -> None:
    assert sum(len(list(shown(path.read_text(encoding="utf-8")))) for path in TEXTS) > 500
