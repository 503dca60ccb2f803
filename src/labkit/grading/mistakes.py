"""Every mistake that grading can name: its code, how it is found, and the SOLVE-IT weaknesses behind it.

A code is stored in results and never changes its meaning. Its sentences stand in the message catalogues as
``mistake.<code>`` (what to tell the trainee) and ``mistake.<code>.name`` (a few words for the class report).
Source of the list: the curriculum, section 7.3; SOLVE-IT knowledge base (DFT techniques, DFW weaknesses).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FoundBy(StrEnum):
    """Who knows the value of a mistake."""

    EXERCISE = "exercise"  # declared as a mistake in exercise.toml
    GRADER = "grader"  # derived by the answer type; an exercise may declare it as well
    FORM = "form"  # seen while the answer is read


@dataclass(frozen=True, slots=True)
class MistakeKind:
    """One mistake with a name."""

    code: str
    found_by: FoundBy
    solve_it: tuple[str, ...] = ()

    @property
    def message_key(self) -> str:
        """Return the key of what to tell the trainee."""
        return f"mistake.{self.code}"

    @property
    def name_key(self) -> str:
        """Return the key of its name in a few words."""
        return f"mistake.{self.code}.name"


_ZONES = ("DFW-1264", "DFW-1265", "DFW-1266", "DFW-1268", "DFW-1313")
_E, _G, _F = FoundBy.EXERCISE, FoundBy.GRADER, FoundBy.FORM

_KINDS = (
    # digests
    MistakeKind("H-CONT", _E, ("DFW-1124", "DFW-1125")),
    MistakeKind("H-PART", _E, ("DFW-1124",)),
    MistakeKind("H-WHOLE", _E, ("DFW-1124",)),
    MistakeKind("H-OTHER", _E),
    MistakeKind("H-ALG", _G, ("DFW-1042",)),
    MistakeKind("H-RW", _E, ("DFW-1118",)),
    MistakeKind("H-NL", _E),
    MistakeKind("H-TRUNC", _E, ("DFW-1004", "DFW-1278", "DFW-1126")),
    MistakeKind("H-STALE", _E, ("DFW-1128", "DFW-1347")),
    # numbers and places
    MistakeKind("O-UNIT", _G, ("DFW-1065",)),
    MistakeKind("O-4K", _G, ("DFW-1064",)),
    MistakeKind("O-BASE", _G, ("DFW-1063",)),
    MistakeKind("O-END", _G),
    MistakeKind("O-ONE", _G),
    MistakeKind("O-BYTE", _G),
    MistakeKind("O-LEN", _G),
    MistakeKind("O-LAST", _G),
    MistakeKind("O-NEXT", _G),
    MistakeKind("O-CLUS", _G),
    MistakeKind("O-REV", _G),
    MistakeKind("V-PROT", _E, ("DFT-1059",)),
    MistakeKind("V-GAP", _E, ("DFW-1063",)),
    # files
    MistakeKind("F-LIVE", _E, ("DFW-1093",)),
    MistakeKind("F-OVER", _E, ("DFW-1135", "DFW-1133")),
    MistakeKind("F-SLACK", _E),
    MistakeKind("F-STREAM", _E),
    MistakeKind("F-NOW", _E),
    MistakeKind("F-EXT", _E, ("DFT-1058",)),
    MistakeKind("F-ROUND", _G),
    MistakeKind("F-CLUS", _G),
    MistakeKind("F-PARENT", _G),
    MistakeKind("F-OLD", _G),
    MistakeKind("F-DIR", _G),
    # times
    MistakeKind("T-1", _G, _ZONES),
    MistakeKind("T-2", _G, _ZONES),
    MistakeKind("T-3", _G, _ZONES),
    MistakeKind("T-4", _G, _ZONES),
    MistakeKind("T-ATTR", _G),
    MistakeKind("T-SKEW", _G, ("DFW-1148",)),
    MistakeKind("T-CLOCK", _E, ("DFW-1148",)),
    MistakeKind("T-SIGN", _G, ("DFW-1148",)),
    MistakeKind("T-DATE", _G),
    MistakeKind("T-JAL", _F),
    # writing and wording
    MistakeKind("CYR", _F),
    MistakeKind("K-ENC", _E, ("DFW-1196",)),
    MistakeKind("K-THUMB", _E, ("DFT-1064",)),
    MistakeKind("K-END", _G, ("DFT-1064",)),
    MistakeKind("K-SHORT", _G, ("DFT-1064",)),
    MistakeKind("A-OVER", _E, ("DFW-1382", "DFW-1381")),
    # at the scene
    MistakeKind("S-SCOPE", _E),
    MistakeKind("S-PLUG", _E),
    MistakeKind("S-TOUCH", _E),
    # international cooperation
    MistakeKind("I-MLA", _E),
    MistakeKind("I-TREATY", _E),
    MistakeKind("I-CLOUD", _E),
    MistakeKind("I-BROAD", _E),
    MistakeKind("I-NEED", _E),
    MistakeKind("I-NOINT", _E),
    MistakeKind("I-SECRET", _E),
    MistakeKind("I-PORT", _E),
    MistakeKind("I-MONTHS", _E),
    MistakeKind("I-SENT", _E),
    # acquisition
    MistakeKind("B-FAILED", _E, ("DFT-1012",)),
    # processes and connections in memory
    MistakeKind("P-PPID", _E),
    MistakeKind("P-HEXPID", _E),
    MistakeKind("N-DIR", _E),
    # logs and mail
    MistakeKind("N-PROXY", _E),
    MistakeKind("N-NAT", _E),
    MistakeKind("N-SESSION", _E),
    MistakeKind("L-DIGITS", _E, ("DFW-1264", "DFW-1265")),
    MistakeKind("L-TOP", _E),
    MistakeKind("L-EDGE", _E),
    # rules
    MistakeKind("Y-CLEAN", _G),
    MistakeKind("Y-CANARY", _G),
    MistakeKind("Y-ONLY", _G),
    MistakeKind("Y-SYNTAX", _F),
    # memory
    MistakeKind("P-LISTONLY", _E),
    MistakeKind("P-VIRT", _E),
    # another's custody file
    MistakeKind("D-KIND", _G),
    MistakeKind("D-NONE", _G),
    MistakeKind("D-HERRING", _G),
    MistakeKind("D-FATAL", _E),
    MistakeKind("D-LEAD", _E),
    # the custody ledger
    MistakeKind("C-ORIG", _G),
    MistakeKind("C-AFTER", _G),
    MistakeKind("C-BACK", _G),
    MistakeKind("C-INVENT", _G),
    MistakeKind("C-GUESS", _G),
    MistakeKind("C-LIVE", _G),
    MistakeKind("C-SWAP", _E),
    MistakeKind("C-VAGUE", _E),
)

MISTAKES: Mapping[str, MistakeKind] = {kind.code: kind for kind in _KINDS}

_WHERE = {
    FoundBy.EXERCISE: "declared in `exercise.toml`",
    FoundBy.GRADER: "derived by the grader",
    FoundBy.FORM: "seen while the answer is read",
}


def mistakes_page(names: Mapping[str, str]) -> str:
    """Return docs/author/mistakes.md.

    Args:
        names: Message key to sentence, as ``i18n.messages("en")`` gives it.
    """
    lines = [
        "# Mistakes",
        "",
        "The grader does not only say wrong: where an answer equals the value that a typical mistake gives, it names",
        "the mistake and tells the trainee what to do about it. Declare a mistake in `exercise.toml`, with the fact",
        "of the truth that it gives and the share of the points that it still earns:",
        "",
        "```toml",
        "mistakes = [",
        '    { code = "H-CONT", truth = "usb:container.sha256", credit_percent = 25 },',
        "]",
        "```",
        "",
        "Mistakes that the grader derives by itself need no line; a declared one comes first, so that an exercise can",
        "change the credit. What each answer type derives stands in [answer-types.md](answer-types.md). The words for",
        "the trainee stand in the catalogues `grading.po` under `mistake.<code>`.",
        "",
        "| Code | Mistake | How it is found | SOLVE-IT |",
        "|---|---|---|---|",
        *(
            f"| {kind.code} | {names[kind.name_key]} | {_WHERE[kind.found_by]} | {', '.join(kind.solve_it) or '–'} |"
            for kind in _KINDS
        ),
        "",
    ]
    return "\n".join(lines)
