"""``labkit custody partner | give | take``: two people, two computers, a stick between them."""

from datetime import datetime
from pathlib import Path

import click

from labkit.cli.output import examples, note, output_options, safe, write, write_json, write_lines


@click.command()
@output_options
def partner(as_json: bool, plain: bool) -> None:
    """Say who you hand over to, whose ledger you audit, and by which key each of you signs.

    The key of a colleague is known once you took a ledger from them.
    """
    from labkit.i18n import translator
    from labkit.usecases import colleague
    from labkit.workspace.folder import find_workspace

    found = colleague.partners(Path.cwd())
    sides = {"gives-to": found.pair.gives_to, "audits": found.pair.audits}
    if as_json:
        for side, one in sides.items():
            if one is not None:
                key = found.keys.get(one.trainee_id)
                write_json({"side": side, "trainee_id": one.trainee_id, "name": one.name, "key": key})
        return
    t = translator(find_workspace(Path.cwd()).language)
    own = found.pair.card
    lines = [t("custody.pair.own", name=own.trainee_name, trainee_id=own.trainee_id, key=found.public_key)]
    for side, one in sides.items():
        if one is None:
            lines.append(t("custody.pair.nobody"))
            break
        lines.append(t(f"custody.pair.{side}", name=one.name, trainee_id=one.trainee_id))
    for one in found.pair.colleagues:
        key = found.keys.get(one.trainee_id)
        lines.append(t("custody.pair.key" if key else "custody.pair.no-key", name=one.name, key=key or ""))
    write_lines(safe(line) + "\n" for line in (lines[:1] if plain else lines))


@click.command(epilog=examples("labkit custody give", "labkit custody give --out E:/"))
@click.option("--out", type=click.Path(path_type=Path), help="A folder (of a stick), or a file name .labledger.")
def give(out: Path | None) -> None:
    """Write a signed copy of your ledger, for your colleague.

    It holds the ledger, your name and the public key of this workspace; no answers and no private key.
    """
    from labkit.custody.chain import checkpoint
    from labkit.i18n import translator
    from labkit.usecases import colleague
    from labkit.workspace.folder import find_workspace

    made = colleague.give(Path.cwd(), out, now=datetime.now().astimezone())
    t = translator(find_workspace(Path.cwd()).language)
    write(safe(t("custody.pair.given", path=made.path, lines=made.lines, code=checkpoint(made.head))) + "\n")


@click.command(epilog=examples("labkit custody take E:/T02.labledger"))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--other", is_flag=True, help="From somebody who is not your partner, because the trainer said so.")
@click.option("--replace", is_flag=True, help="Although it does not go on from the copy that you took before.")
def take(file: Path, other: bool, replace: bool) -> None:
    """Take the ledger of your colleague into your workspace: checked, and only to be read.

    Your own ledger, when it comes back countersigned, gets the one line that is new.
    """
    from labkit.custody.chain import checkpoint
    from labkit.i18n import translator
    from labkit.usecases import colleague
    from labkit.workspace.folder import find_workspace

    found = colleague.take(Path.cwd(), file, other=other, replace=replace, now=datetime.now().astimezone())
    t = translator(find_workspace(Path.cwd()).language)
    copy = found.taken.copy
    if found.taken.receipt is not None:
        write(safe(t("custody.pair.receipt", seq=found.taken.receipt, name=copy.maker.trainee_name)) + "\n")
        return
    values = {"name": copy.owner.trainee_name, "lines": len(copy.ledger.entries)}
    write(safe(t("custody.pair.taken", code=checkpoint(copy.ledger.head), **values)) + "\n")
    if found.broken_line is not None:
        note(t("custody.pair.broken", line=found.broken_line))
    if found.taken.is_audited:
        write(safe(t("custody.pair.audit")) + "\n")
    write(safe(t("custody.pair.read", page=found.page)) + "\n")
    write(safe(t("custody.pair.lines", trainee_id=copy.owner.trainee_id)) + "\n")


COMMANDS = (partner, give, take)
