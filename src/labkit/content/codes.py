"""Every lint rule with its stable code, and what one problem is.

A code never changes its meaning and is never used again for another rule, so that authors can search for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

RULES: Mapping[str, str] = {
    # files and their shape
    "LK100": "A TOML file is valid TOML, written in UTF-8.",
    "LK101": "A TOML file has no key that the schema does not know.",
    "LK102": "Every value has the type and the form that the schema describes.",
    "LK103": "Every key that the schema requires is there.",
    "LK104": "Every folder in labs/ has a lab.toml and every folder in exercises/ has an exercise.toml.",
    "LK105": "The folder of a lab or an exercise holds only files that have a role there.",
    "LK110": "The slug of a lab or an exercise is the name of its folder.",
    "LK111": "The number at the start of a lab's slug is the number of its code (03-... is L03).",
    # languages
    "LK120": "Every text of a lab or an exercise that is not wip exists in every language.",
    "LK121": "Every title and every option is given in every language.",
    "LK122": "A text is valid UTF-8 and begins with its title, a heading of level 1.",
    # briefs and hints
    "LK130": "A heading in the hints is exactly the heading of the same task in the brief.",
    "LK131": "The headings of a brief are numbered from 1, one for each task of exercise.toml, in order.",
    "LK132": "Hints are top-level list items; every task of an exercise that is not wip has at least one.",
    "LK133": "No brief, hint or guide gives a right answer away.",
    # truth
    "LK140": "Every reference to the truth is a fact that the case plants.",
    "LK141": "A reference names an evidence item that the exercise lists in items.",
    "LK142": "The fact behind a reference has the type that its answer needs.",
    # exemplar and attempts
    "LK150": "An exercise that is not wip has an exemplar with answers.toml.",
    "LK151": "An exercise that is not wip has at least four attempts.",
    "LK152": "Every attempt has answers.toml and expect.toml.",
    # concepts
    "LK160": "A concept is taught by one lab only.",
    "LK161": "A concept that a lab requires is taught by some lab.",
    "LK162": "The concepts that labs require and teach form no circle.",
    "LK163": "In a course, a concept is taught before a lab requires it.",
    # points
    "LK170": "The points of the tasks of one exercise add up to 100.",
    # placeholders
    "LK180": "A placeholder in a text is a variable of the case.",
    "LK181": "A placeholder in a text is a public variable; the others would give answers away.",
    # fiction
    "LK190": "A domain name in a text ends in .example or is localhost; mail addresses too.",
    "LK191": "An IP address in a text belongs to a documentation range (RFC 5737, RFC 3849) or to the local machine.",
    # legal review
    "LK200": "A brief or a guide ends by saying that its legal terms are not yet reviewed, or who reviewed them.",
    # identities
    "LK210": "No two labs or exercises share a uuid.",
    "LK211": "No two labs share a code.",
    "LK212": "No two tasks of an exercise, and no two options of a task, share an id.",
    # use
    "LK220": "A lab uses exercises that exist.",
    "LK221": "A lab or an exercise names a case that exists.",
    "LK222": "A lab or an exercise names evidence items that the case has.",
    "LK223": "A course uses labs that exist, each once.",
    "LK224": "A lab lists every evidence item of its exercises, and all of them belong to the lab's case.",
    "LK225": "A lab that is beta or active uses no exercise that is wip.",
    "LK226": "A course leaves out exercises that its labs have, and something of every lab stays.",
    "LK227": "A lab says in minutes_of how long an exercise takes that a course leaves out.",
    # answers
    "LK230": "What is right in an ENUM, a MULTI, an ORDER or a CLAIM is among its options.",
    "LK231": "A mistake or an over-claim in an ENUM, MULTI, ORDER or CLAIM is among its options and is not right.",
    "LK232": "A literal value has the form that its answer type needs.",
    "LK233": "Every mistake code has a sentence in the message catalogues.",
    "LK234": "What is right in an ORDER names each option once, and tied options stand together in it.",
    "LK235": "The options of an ORDER are not shown in the right order.",
    # design
    "LK240": "A lab that is not wip has trainer/design.md with a section Out of scope.",
    # cases
    "LK300": "A case can be read.",
    "LK301": "A case can be built: the truth of a lint seed can be derived.",
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one file. ``path`` is relative to the content root; ``key`` may be a line or a heading."""

    path: Path
    key: str
    code: str
    message: str

    def __post_init__(self) -> None:
        if self.code not in RULES:
            raise ValueError(f"{self.code} is not in the registry of lint rules")

    def __str__(self) -> str:
        where = f"{self.path.as_posix()}: {self.key}" if self.key else self.path.as_posix()
        return f"{where}: {self.message} [{self.code}]"


def rules_page() -> str:
    """Return docs/author/lint-codes.md."""
    lines = [
        "# Lint rules",
        "",
        "`labkit author lint` checks these rules and prints every problem at once, each with its file, its key and the",
        "code of the rule. A code keeps its meaning for good. In keys, tasks and other list members count from 1.",
        "",
        "| Code | Rule |",
        "|---|---|",
        *(f"| {code} | {rule} |" for code, rule in sorted(RULES.items())),
        "",
    ]
    return "\n".join(lines)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems without repetitions, by file, key and code."""
    return tuple(sorted(set(problems)))
