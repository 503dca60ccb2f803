"""``labkit custody export``, ``import``, ``key`` and ``countersign``."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from labkit.cli.custody_options import PLACE_OPTIONS, with_options
from labkit.cli.output import note, write, write_lines


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "csv", "case", "svg"]),
    default="html",
    show_default=True,
    help="Printable form, table, CASE/UCO as JSON-LD, or picture of the holders.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The file to write; '-' is the standard output.")
@click.option(
    "--overlay", metavar="NAME|FILE", help="Names the protocol on the printed form. Default: that of your class."
)
@click.option("--language", help="The language of the form. Default: that of the workspace.")
@click.option("--peer", metavar="ID", help="The ledger that you took from this colleague.")
@with_options(*PLACE_OPTIONS)
def export(
    form: str,
    out: Path | None,
    overlay: str | None,
    language: str | None,
    peer: str | None,
    ledger: Path | None,
    genesis: str | None,
) -> None:
    """Write the ledger out: to print and sign, as a table, for other tools, or as a picture.

    For example:

    \b
        labkit custody export
        labkit custody export --format csv --out custody.csv
        labkit custody export --format case --out custody.jsonld
        labkit custody export --format svg --out holders.svg
    """  # noqa: D301 - click reads the control character as "keep these lines"
    from labkit.i18n import translator
    from labkit.usecases import colleague, custodian, custody_exchange

    if peer is not None:
        place = colleague.peer_place(Path.cwd(), peer)
    else:
        place = custodian.find_ledger(Path.cwd(), ledger=ledger, genesis=genesis)
    if str(out) == "-":
        write(custody_exchange.exported(place, form, overlay=overlay, language=language or ""))
        return
    path = custody_exchange.export_to(place, form, out, overlay=overlay, language=language or "")
    write_lines([translator(place.language)("custody.say.exported", path=str(path)) + "\n"])


@click.command(name="import")
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@with_options(*PLACE_OPTIONS)
def import_(table: Path, ledger: Path | None, genesis: str | None) -> None:
    """Add a line for each row of a table in CSV: all of them, or none.

    The first row names the columns: type, identifier, and the options of 'labkit custody add' without the hyphens. An
    exported table shows how.
    """
    from labkit.i18n import translator
    from labkit.usecases import custodian, custody_exchange

    place = custodian.find_ledger(Path.cwd(), ledger=ledger, genesis=genesis)
    t = translator(place.language)
    added = custody_exchange.import_table(place, table, now=datetime.now().astimezone())
    told = dict.fromkeys(t(notice.key, **notice.values) for one in added for notice in one.notices)
    for sentence in told:
        note(sentence)
    write_lines([t("custody.say.imported", count=len(added), first=_seq(added[0]), last=_seq(added[-1])) + "\n"])


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key(file: Path) -> None:
    """Make a key to sign with, and print its public half.

    Declare it with the person: labkit custody add person P3 --name NAME --role ROLE --specimen DIGITS. Keep the file to
    yourself: whoever has it can sign for you.
    """
    from labkit.usecases import custody_exchange

    write_lines([custody_exchange.make_key(file) + "\n"])


@click.command()
@click.argument("line", type=click.IntRange(min=1))
@click.option("--as", "person", required=True, metavar="PERSON", help="Who receives it.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="That person's private key. Default: the key of this workspace.",
)
@click.option("--location", default="", metavar="PLACE", help="Where it is received. Default: where it was released.")
@click.option("--seal-before", multiple=True, metavar="NUMBER[:STATE[:TYPE]]", help="A seal as it was found.")
@click.option("--note", "remark", metavar="TEXT", help="What else should be known.")
@click.option("--peer", metavar="ID", help="In the ledger that you took from this colleague; a copy to give back.")
@click.option("--out", type=click.Path(path_type=Path), help="With --peer: a folder, or a file name .labledger.")
@with_options(*PLACE_OPTIONS)
def countersign(
    line: int,
    person: str,
    key_file: Path | None,
    location: str,
    seal_before: tuple[str, ...],
    remark: str | None,
    peer: str | None,
    out: Path | None,
    ledger: Path | None,
    genesis: str | None,
) -> None:
    """Receive what was released in LINE, and countersign the release with the receiver's key.

    For example:

    \b
        labkit custody countersign 14 --as P3 --key P3.key --location STORE
        labkit custody countersign 14 --as P3 --peer T02 --out E:/
    """  # noqa: D301 - click reads the control character as "keep these lines"
    from labkit.custody import given
    from labkit.i18n import translator
    from labkit.usecases import colleague, custodian, custody_exchange

    now = datetime.now().astimezone()
    beside = given.event("received", {"seal_before": seal_before, "note": remark})
    if peer is not None:
        made = colleague.countersign(Path.cwd(), peer, line, person, location=location, out=out, now=now, beside=beside)
        t = translator(custodian.find_ledger(Path.cwd()).language)
        write_lines([t("custody.pair.countersigned", path=made.path, lines=made.lines) + "\n"])
        return
    place = custodian.find_ledger(Path.cwd(), ledger=ledger, genesis=genesis)
    t = translator(place.language)
    key_file = key_file or colleague.own_key(Path.cwd())
    added = custody_exchange.countersign(place, line, person, key_file, location=location, now=now, beside=beside)
    for notice in added.notices:
        note(t(notice.key, **notice.values))
    write_lines([t("custody.say.added", seq=_seq(added), what=t("custody.event.received")) + "\n"])


COMMANDS = (export, import_, key, countersign)


def _seq(added: Any) -> int:
    return int(added.line["seq"])
