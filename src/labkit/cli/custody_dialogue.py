"""The guided dialogue of ``labkit custody add``: one question after the other, each answer looked at at once."""

from collections.abc import Iterable, Mapping
from typing import Any

import click

from labkit.cli.language import in_words
from labkit.cli.output import note, safe
from labkit.errors import CustodyError
from labkit.i18n import Translator

# option -> the key of its question, where that is not the option itself
_KEYS = {
    "exhibit": "exhibits", "by": "actor", "bag_after": "bag_no_after", "corrects": "corrects_event",
    "officer": "officer_in_charge",
}  # fmt: skip
SEVERAL = frozenset(
    {"exhibit", "hash", "seal_before", "seal_after", "escort", "witness", "signed", "access", "permit", "protocol_item",
     "observed", "read_errors", "attach", "derived_from", "photo"}
)  # fmt: skip
# Of these one answer may be longer than a name; a comma in it does not divide it.
_WHOLE = frozenset({"permit", "protocol_item", "observed", "attach", "hash", "read_errors"})
# Who, where and which exhibit: somebody or something that a line before has declared.
_DECLARED = frozenset({"by", "location", "exhibit", "released_by", "received_by", "witness", "signed", "access"})
_FIRST = ("by", "at", "location", "exhibit")
_HANDOVER = ("released_by", "received_by", "purpose", "seal_before", "condition_before", "signed")
_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "case": ("officer", "offence", "jurisdiction", "permit", "protocol", "protocol_item"),
    "person": ("name", "name_latin", "role", "org", "badge"),
    "location": ("kind", "tz", "address", "access", "site"),
    "exhibit": (
        "kind", "description", "derived_from", "make", "model", "serial", "capacity_bytes", "sector_bytes", "condition",
        "power", "clock_observed", "clock_reference",
    ),
    "identified": (),
    "seized": ("authority", "purpose", "witness", "condition_after"),
    "packaged": ("bag_after", "purpose", "condition_after"),
    "sealed": ("seal_after", "witness"),
    "unsealed": ("seal_before", "purpose", "witness", "condition_before"),
    "resealed": ("seal_after", "bag_after", "witness"),
    "released": ("released_by", "received_by", "purpose", "carrier", "tracking", "escort", "signed"),
    "received": _HANDOVER,
    "stored": (),
    "checked_out": _HANDOVER,
    "returned": ("released_by", "received_by", "signed"),
    "transported": ("carrier", "tracking", "vehicle", "escort"),
    "photographed": ("attach",),
    "live_action": ("purpose", "justification", "change", "competence", "tool"),
    "acquired": (
        "purpose", "authority", "tool", "write_block", "tested", "hash", "computed_at", "read_errors", "observed",
    ),
    "verified": ("purpose", "tool", "hash"),
    "copied": ("purpose", "tool", "hash"),
    "analysed": ("purpose", "tool"),
    "reported": (),
    "disclosed": ("received_by", "purpose"),
    "corrected": ("corrects",),
    "disposed": ("authority", "purpose", "witness"),
    "returned_to_owner": ("authority", "received_by", "purpose", "signed"),
}  # fmt: skip
_NUMBERS = frozenset({"capacity_bytes", "sector_bytes", "corrects", "tested"})


def ask_type(t: Translator) -> str:
    """Ask what happened, from a numbered list; return the type of the entry."""
    from labkit.custody.given import IDENTIFIERS

    kinds = list(_QUESTIONS)
    for number, kind in enumerate(kinds, start=1):
        name = t(f"custody.entry.{kind}" if kind in IDENTIFIERS else f"custody.event.{kind}")
        click.echo(f"  {number:2}  {kind:18} {name}", err=True)
    while True:
        answer = _prompt(t("custody.ask.type")).lower().replace("-", "_")
        if answer.isdecimal() and 1 <= int(answer) <= len(kinds):
            return kinds[int(answer) - 1]
        if answer in kinds:
            return answer
        note(t("custody.say.no-type", count=len(kinds)))


def ask_all(kind: str, given: dict[str, Any], t: Translator, known: Mapping[str, Iterable[str]]) -> None:
    """Ask everything that a type of entry may hold.

    Args:
        kind: The type of the entry.
        given: What was given already; answers are put there.
        t: The reader's language.
        known: What the ledger declares, by option: it is shown beside the question.
    """
    from labkit.custody.given import IDENTIFIERS

    order = ("identifier", *_QUESTIONS[kind]) if kind in IDENTIFIERS else (*_FIRST, *_QUESTIONS[kind])
    for option in (*order, "note"):
        if not given.get(option):
            _ask_until_it_fits(kind, option, given, t, known)


def confirmed(t: Translator) -> bool:
    """Ask whether the line shall be written."""
    return click.confirm(t("custody.ask.write"), default=True, err=True)


def ask_missing(kind: str, missing: Iterable[str], given: dict[str, Any], t: Translator) -> None:
    """Ask for what is missing, one question after the other."""
    for option in missing:
        if option == "transport":
            for part in ("carrier", "tracking") if _put("carrier", kind, given, t) else ("escort",):
                if not given[part]:
                    _put(part, kind, given, t)
        else:
            _put(option, kind, given, t)


def _ask_until_it_fits(
    kind: str, option: str, given: dict[str, Any], t: Translator, known: Mapping[str, Iterable[str]]
) -> None:
    from labkit.custody import given as reading

    choices = _choices(kind, option)
    names = list(known.get(option, ()))
    shown = choices or [safe(name) for name in names]
    # A handover may name a place as its side, such as a locker.
    declared = [*names, *known.get("location", ())] if names and option in _DECLARED else []
    while True:
        _put(option, kind, given, t, shown)
        answer = given.get(option)
        if strange := _strange(option, answer, choices or declared):
            note(t("custody.say.no-choice", answer=safe(", ".join(strange)), choices=", ".join(shown)))
            given[option] = None
            continue
        try:
            reading.entry(kind, given)
        except CustodyError as error:
            note(f"{in_words(error.message)}. {in_words(error.remedy)}")
            given[option] = None
        else:
            return


def _strange(option: str, answer: Any, possible: list[str]) -> list[str]:
    """Return what was answered and is not possible; nothing where there is no list to choose from."""
    from labkit.custody.notation import listed

    if not possible or not answer:
        return []
    return [one for one in listed(answer if option in SEVERAL else [answer]) if one not in possible]


def _put(option: str, kind: str, given: dict[str, Any], t: Translator, choices: Iterable[str] = ()) -> bool:
    answer = _prompt(_question(option, kind, t, choices))
    value: Any = answer
    if option in SEVERAL and answer:
        value = tuple(part.strip() for part in answer.split(" | ")) if option in _WHOLE else (answer,)
    elif option in _NUMBERS and answer:
        value = int(answer) if answer.isdecimal() else 0
    given[option] = value or given.get(option)
    return bool(answer)


def _question(option: str, kind: str, t: Translator, choices: Iterable[str]) -> str:
    from labkit.custody.given import IDENTIFIERS

    key = IDENTIFIERS[kind] if option == "identifier" else _KEYS.get(option, option)
    if option == "note" and kind != "corrected":
        key = "remark"
    shown = ", ".join(choices)
    return t(f"custody.ask.{key}") + (f" [{shown}]" if shown else "")


def _prompt(question: str) -> str:
    answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer.strip()


def _choices(kind: str, option: str) -> list[str]:
    return [choice.value for choice in _choice_options(kind).get(option, ())]


def _choice_options(kind: str) -> Mapping[str, Iterable[Any]]:
    from labkit.model.custody import ExhibitKind, LocationKind, PowerState, Role

    by_kind: dict[str, Mapping[str, Iterable[Any]]] = {
        "person": {"role": Role},
        "location": {"kind": LocationKind},
        "exhibit": {"kind": ExhibitKind, "power": PowerState},
    }
    return by_kind.get(kind, {})
