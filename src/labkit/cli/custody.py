"""``labkit custody``: keep the chain-of-custody ledger, look at it, check it.

Exit codes of ``check``: 0 nothing found; 1 findings, none of them fatal; 7 at least one fatal finding.
"""

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from labkit.cli import custody_dialogue, custody_pairs
from labkit.cli.custody_exchange import COMMANDS
from labkit.cli.custody_options import ADD_OPTIONS, PLACE_OPTIONS, with_options
from labkit.cli.output import note, output_options, write_json, write_lines
from labkit.errors import CustodyError

_FATAL_EXIT = 7  # the exit code of CustodyError
_FOUND_EXIT = 1

# field of the record -> the option that gives it, in the order in which a person is asked
_OPTION_OF = {
    "actor": "by",
    "exhibits": "exhibit",
    "location": "location",
    "released_by": "released_by",
    "received_by": "received_by",
    "bag_no_after": "bag_after",
    "seal_before": "seal_before",
    "seal_after": "seal_after",
    "hash": "hash",
    "tool": "tool",
    "write_block": "write_block",
    "justification": "justification",
    "corrects_event": "corrects",
    "note": "note",
    "name": "name",
    "role": "role",
    "kind": "kind",
    "tz": "tz",
    "description": "description",
}


@click.group()
def custody() -> None:
    """Keep the chain-of-custody ledger.

    Every line is added at the end and carries the digest of the line before it. Nothing is ever edited: what was
    wrong is put right by a line of type 'corrected'.
    """


@custody.command()
@click.argument("entry_type", metavar="[TYPE]", required=False)
@click.argument("identifier", required=False)
@with_options(*ADD_OPTIONS, *PLACE_OPTIONS)
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="Sign with the private key in this file.")
@click.option("--sign", is_flag=True, help="Sign with the key of this workspace.")
@click.option("--signer", metavar="PERSON", help="Who signs with the key. Default: the giver, the receiver, or --by.")
@click.option("--json", "as_json", is_flag=True, help="Print the line as JSON.")
def add(
    entry_type: str | None,
    identifier: str | None,
    ledger: Path | None,
    genesis: str | None,
    key: Path | None,
    sign: bool,
    signer: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Add one line.

    TYPE is case, person, location or exhibit (then comes its identifier), or what happened: identified, seized,
    packaged, sealed, unsealed, resealed, released, received, stored, checked_out, returned, transported,
    photographed, live_action, acquired, verified, copied, analysed, reported, disclosed, corrected, disposed,
    returned_to_owner. At a terminal you are asked for what is missing; without a TYPE, for everything.

    For example:

    \b
        labkit custody add
        labkit custody add person P1 --name "Ilya Marr" --role DEFR
        labkit custody add location LAB --kind lab --tz Asia/Almaty
        labkit custody add exhibit KF-06 --kind image --description "image of KF-02" --derived-from KF-02
        labkit custody add received --exhibit KF-02 --received-by P1 --by P1 --location LAB --signed P1
        labkit custody add acquired --exhibit KF-02 --exhibit KF-06 --by P1 --location LAB
            --hash sha256:9f86...:media --tool "ewfacquire 20230405" --write-block hw:WB-3
    """  # noqa: D301 - click reads the control character as "keep these lines"
    from labkit.i18n import translator
    from labkit.usecases import custodian

    place = custodian.find_ledger(Path.cwd(), ledger=ledger, genesis=genesis)
    t = translator(place.language)
    given["identifier"] = identifier
    kind = (entry_type or "").strip().lower().replace("-", "_")
    if not kind:
        kind = _guided(place, given, t)
    missing = _missing_options(kind, given)
    if missing and _is_interactive():
        custody_dialogue.ask_missing(kind, missing, given, t)
        missing = _missing_options(kind, given)
    if missing:
        raise CustodyError(
            f"{kind} also needs: {', '.join(map(_option_text, missing))}",
            remedy="Give these options, or run the command without them at a terminal: it asks for each.",
        )
    if not entry_type and not custody_dialogue.confirmed(t):
        note(t("custody.say.not-written"))
        return
    now = datetime.now().astimezone()
    entry = _entry(kind, given)
    if sign and key is None:
        from labkit.usecases.colleague import own_key

        key = own_key(Path.cwd())
    if key is not None:
        from labkit.usecases.custody_exchange import signed_with

        entry = signed_with(entry, signer or _signer(entry), key, place, now)
    added = custodian.add(place, entry, now=now)
    _say(t, added.notices)
    if as_json:
        write_json(added.line)
    else:
        write_lines([t("custody.say.added", seq=added.line["seq"], what=_type_name(t, kind)) + "\n"])


def _guided(place: Any, given: dict[str, Any], t: Any) -> str:
    """Ask everything; return the type of the entry."""
    from labkit.usecases import custodian

    if not _is_interactive():
        raise CustodyError(
            "nobody is there to be asked what happened",
            remedy="Name the type, for example: labkit custody add received --exhibit KF-02 ...",
        )
    kind = custody_dialogue.ask_type(t)
    custody_dialogue.ask_all(kind, given, t, custodian.known_names(place))
    return kind


def _signer(entry: dict[str, Any]) -> str:
    sides = {"released": "released_by", "returned": "released_by", "received": "received_by"}
    return str(entry.get(sides.get(entry["type"], "actor")) or entry.get("actor", ""))


@custody.command()
@with_options(*PLACE_OPTIONS)
@output_options
@click.option("--bars", is_flag=True, help="Who held each exhibit, as bars over time.")
@click.option("--peer", metavar="ID", help="The ledger that you took from this colleague.")
def show(ledger: Path | None, genesis: str | None, as_json: bool, plain: bool, bars: bool, peer: str | None) -> None:
    """Show the ledger, and the checkpoint code to note on the paper form."""
    from labkit.cli import custody_bars, custody_table
    from labkit.i18n import translator
    from labkit.usecases import custodian

    if peer is not None:
        from labkit.usecases.colleague import peer_place

        place = peer_place(Path.cwd(), peer)
    else:
        place = custodian.find_ledger(Path.cwd(), ledger=ledger, genesis=genesis)
    seen = custodian.view(place, now=datetime.now().astimezone())
    t = translator(place.language)
    _say(t, seen.notices)
    if as_json:
        for data in seen.ledger.raw:
            write_json(data)
        return
    if bars:
        write_lines(custody_bars.bars(seen.ledger, t, plain=plain))
    elif seen.ledger.entries:
        custody_table.show(seen.ledger, t, plain=plain)
    else:
        note(t("custody.say.empty"))
    note(t("custody.say.code", code=seen.code))


@custody.command()
@with_options(*PLACE_OPTIONS)
@output_options
@click.option("--since", multiple=True, metavar="CODE", help="A checkpoint code or head digest noted earlier.")
@click.option(
    "--snapshot", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="An earlier copy of the ledger."
)
@click.option(
    "--overlay", metavar="NAME|FILE", help="What a country adds to the rules. Default: what your class works with."
)
@click.option(
    "--attachments",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the attachments.",
)
@click.pass_context
def check(
    ctx: click.Context,
    ledger: Path | None,
    genesis: str | None,
    as_json: bool,
    plain: bool,
    since: tuple[str, ...],
    snapshot: Path | None,
    overlay: str | None,
    attachments: Path | None,
) -> None:
    """Check the ledger against the custody rules.

    Exit code: 0 when nothing was found, 1 for findings that are not fatal, 7 for a fatal one.
    """
    from labkit.cli import custody_table
    from labkit.i18n import translator
    from labkit.usecases import custodian

    place = custodian.find_ledger(Path.cwd(), ledger=ledger, genesis=genesis)
    reviewed = custodian.review(
        place,
        now=datetime.now().astimezone(),
        known_heads=since,
        overlay=overlay,
        snapshot=snapshot,
        attachments=attachments,
    )
    t = translator(place.language)
    _say(t, reviewed.notices)
    if as_json:
        write_json(custody_table.review_object(reviewed, t))
    else:
        write_lines(custody_table.review_lines(reviewed, t, plain=plain))
    if any(finding.severity == "F" for finding in reviewed.findings):
        ctx.exit(_FATAL_EXIT)
    ctx.exit(_FOUND_EXIT if reviewed.findings else 0)


def _entry(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    from labkit.custody import given as reading

    known = reading.options_of(kind)
    stray = [option for option, value in given.items() if reading.is_given(value) and option not in known]
    if stray:
        raise CustodyError(
            f"{kind} does not take: {', '.join(map(_option_text, sorted(stray)))}",
            remedy="Leave it out, or use --note; 'labkit custody add --help' says which option belongs where.",
        )
    return reading.entry(kind, given)


def _missing_options(kind: str, given: dict[str, Any]) -> list[str]:
    """Return the options that are still needed, in the order of asking, without reading the values of the others."""
    from labkit.custody.given import IDENTIFIERS, is_given
    from labkit.usecases import custodian

    option_of = {IDENTIFIERS.get(kind, ""): "identifier", **_OPTION_OF}
    stub: dict[str, Any] = {"type": kind}
    for name in custodian.missing_fields(stub):
        option = option_of.get(name, name)
        value = (given["carrier"] or given["escort"]) if option == "transport" else given[option]
        stub[name] = value if is_given(value) else None
    order = [*option_of.values(), "transport"]
    return sorted((option_of.get(name, name) for name in custodian.missing_fields(stub)), key=order.index)


def _is_interactive() -> bool:
    return sys.stdin.isatty()


def _option_text(option: str) -> str:
    if option == "identifier":
        return "IDENTIFIER after the type"
    if option == "transport":
        return "--carrier and --tracking, or --escort twice"
    return f"--{option.replace('_', '-')}"


def _type_name(t: Any, kind: str) -> str:
    from labkit.custody.given import IDENTIFIERS

    return str(t(f"custody.entry.{kind}" if kind in IDENTIFIERS else f"custody.event.{kind}"))


def _say(t: Callable[..., str], notices: Iterable[Any]) -> None:
    for notice in notices:
        note(t(notice.key, **notice.values))


for _command in (*COMMANDS, *custody_pairs.COMMANDS):
    custody.add_command(_command)
