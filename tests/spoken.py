"""Every sentence that the trainee's part of the kit can say in an error or a remark, read from its source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).resolve().parents[1] / "src" / "labkit"
# What an author, a trainer or a maintainer runs speaks English; refused answers have notices of their own.
LEFT_OUT = ("synthesis", "verification", "content", "cohort", "reports", "grading", "model")
TRAINERS = (
    "cli/author.py",
    "cli/demo.py",
    "cli/trainer.py",
    "usecases/answer_book.py",
    "usecases/author.py",
    "usecases/building.py",
    "usecases/demo.py",
    "usecases/trainer.py",
    "errors.py",
)
_ERRORS = ("UnreadableError", "DamagedTableError")  # have a remedy of their own
_REMARKS = ("remark", "tell", "_tell", "note", "in_words", "UsageError", "fail")


class Spoken(NamedTuple):
    """A sentence and where it is said; a value in it is shown as ``⟦what makes it⟧``."""

    place: str
    sentence: str


def spoken() -> Iterator[Spoken]:
    """Yield every sentence, those of constants too that errors name."""
    trees = {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] not in LEFT_OUT
    }
    for name, tree in trees.items():
        if name in TRAINERS:
            continue
        constants = dict(_constants(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for text in _texts(node):
                    yield from (Spoken(f"{name}:{node.lineno}", one) for one in _sentences(text, constants))


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _texts(call: ast.Call) -> Iterator[ast.expr]:
    named = call.func
    name = named.id if isinstance(named, ast.Name) else named.attr if isinstance(named, ast.Attribute) else ""
    remedies = [keyword.value for keyword in call.keywords if keyword.arg == "remedy"]
    of_problems = name == "append" and isinstance(named, ast.Attribute) and "problems" in ast.unparse(named.value)
    yield from remedies
    if name == "RefusedCopyError":
        yield call.args[1]  # behind its code
    elif call.args and (remedies or of_problems or name in (*_ERRORS, *_REMARKS)):
        yield call.args[0]


def _sentences(text: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """Yield what an expression can say: a literal, either branch of a choice, a constant and what it is filled with."""
    if isinstance(text, ast.IfExp):
        yield from _sentences(text.body, constants)
        yield from _sentences(text.orelse, constants)
    elif isinstance(text, ast.Name) and isinstance(constants.get(text.id), ast.Constant | ast.JoinedStr):
        yield from _sentences(constants[text.id], constants)
    elif isinstance(text, ast.Constant) and isinstance(text.value, str):
        yield text.value
    elif isinstance(text, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "⟦" + re.sub(r"\W+", "-", ast.unparse(part)) + "⟧"
            for part in text.values
        )
        for part in text.values:
            if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name | ast.IfExp):
                yield from (one for one in _sentences(part.value, constants) if " " in one)
