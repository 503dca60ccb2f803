"""The options of ``labkit custody``: one for each field of the record that a person fills in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

PLACE_OPTIONS = (
    click.option(
        "--ledger", type=click.Path(dir_okay=False, path_type=Path), help="A ledger file outside a workspace."
    ),
    click.option("--genesis", help="With --ledger: the 64 digits that its first line must name."),
)
ADD_OPTIONS = (
    click.option("--exhibit", multiple=True, metavar="NO", help="Exhibit number; may be repeated."),
    click.option("--by", metavar="PERSON", help="Who does it."),
    click.option("--at", metavar="TIME", help="When, ISO 8601 with an offset. Default: now."),
    click.option("--location", metavar="PLACE", help="Where."),
    click.option("--released-by", metavar="PERSON", help="Who gives the exhibit away."),
    click.option("--received-by", metavar="PERSON", help="Who takes it."),
    click.option("--purpose", metavar="TEXT", help="Why."),
    click.option("--authority", metavar="ID", help="The warrant, order or consent that permits it."),
    click.option(
        "--hash", multiple=True, metavar="ALG:VALUE[:OF[:STAGE]]", help="A digest, such as sha256:9f86...:media."
    ),
    click.option("--computed-at", metavar="TIME", help="When the digests were computed, if not at the event."),
    click.option("--tool", metavar="'NAME VERSION'", help="The tool that was used."),
    click.option("--tool-options", metavar="TEXT", help="The options that the tool was used with."),
    click.option("--write-block", metavar="hw:ID|sw:NAME|none", help="How the source was kept from being written to."),
    click.option(
        "--tested", type=click.IntRange(min=1), metavar="LINE", help="The line that tested the write blocker."
    ),
    click.option("--read-errors", multiple=True, metavar="LBA:COUNT", help="Sectors that could not be read."),
    click.option("--seal-before", multiple=True, metavar="NUMBER[:STATE[:TYPE]]", help="A seal as it was found."),
    click.option("--seal-after", multiple=True, metavar="NUMBER[:STATE[:TYPE]]", help="A seal as it was left."),
    click.option("--bag-before", metavar="NUMBER", help="The bag it was in."),
    click.option("--bag-after", metavar="NUMBER", help="The bag it is in now."),
    click.option("--condition-before", metavar="TEXT", help="Condition as found."),
    click.option("--condition-after", metavar="TEXT", help="Condition as left."),
    click.option("--carrier", metavar="TEXT", help="Transport: the carrier."),
    click.option("--tracking", metavar="NUMBER", help="Transport: the tracking number."),
    click.option("--vehicle", metavar="TEXT", help="Transport: the vehicle."),
    click.option("--escort", multiple=True, metavar="PERSON", help="Transport: who was with it; may be repeated."),
    click.option("--witness", multiple=True, metavar="PERSON", help="Who witnessed it; may be repeated."),
    click.option("--change", metavar="TEXT", help="What the step changed on the evidence."),
    click.option("--justification", metavar="TEXT", help="Why a change or an unusual step was necessary."),
    click.option("--competence", metavar="TEXT", help="What qualifies whoever touched an original."),
    click.option("--observed", multiple=True, metavar="'SERIAL;BYTES;SECTORS'", help="What the device says of itself."),
    click.option(
        "--signed", multiple=True, metavar="PERSON[:SHA256]", help="Who signed the paper form; may be repeated."
    ),
    click.option("--attach", multiple=True, metavar="FILE|NAME:SHA256", help="A photo or a paper that belongs to it."),
    click.option(
        "--corrects", type=click.IntRange(min=1), metavar="LINE", help="The line that this corrects or completes."
    ),
    click.option("--note", metavar="TEXT", help="Anything else."),
    click.option("--kind", metavar="KIND", help="exhibit, location: what it is."),
    click.option("--description", metavar="TEXT", help="exhibit: what it is, make, marks."),
    click.option("--derived-from", multiple=True, metavar="NO", help="exhibit: what it was made from."),
    click.option("--root", metavar="NO", help="exhibit: the original. Default: found from --derived-from."),
    click.option("--make", metavar="TEXT", help="exhibit: the maker."),
    click.option("--model", metavar="TEXT", help="exhibit: the model."),
    click.option("--serial", metavar="TEXT", help="exhibit: the serial number."),
    click.option("--capacity-bytes", type=click.IntRange(min=0), help="exhibit: the capacity in bytes."),
    click.option("--sector-bytes", type=click.IntRange(min=1), help="exhibit: the size of a sector in bytes."),
    click.option("--condition", metavar="TEXT", help="exhibit: its condition."),
    click.option("--power", metavar="on|off|sleep|unknown", help="exhibit: how the device was found."),
    click.option("--clock-observed", metavar="TEXT", help="exhibit: what its clock showed."),
    click.option("--clock-reference", metavar="TIME", help="exhibit: the true time at that moment."),
    click.option("--found-at", metavar="TEXT", help="exhibit: where it was found."),
    click.option("--found-by", metavar="PERSON", help="exhibit: who found it."),
    click.option("--quantity", type=click.IntRange(min=1), help="exhibit: how many pieces."),
    click.option("--radio", is_flag=True, help="exhibit: it talks to networks without a cable, as a phone does."),
    click.option("--photo", multiple=True, metavar="NAME", help="exhibit: a photo of it; may be repeated."),
    click.option("--name", metavar="TEXT", help="person: the name as in the document."),
    click.option("--name-latin", metavar="TEXT", help="person: the name in Latin letters."),
    click.option("--role", metavar="ROLE", help="person: DEFR, DES, investigator, custodian, courier, examiner ..."),
    click.option("--org", metavar="TEXT", help="person: the organisation."),
    click.option("--badge", metavar="NUMBER", help="person: the badge number."),
    click.option("--specimen", metavar="DIGITS", help="person: public key, or SHA-256 of a scanned signature."),
    click.option("--joined", metavar="TIME", help="person: since when in the case."),
    click.option("--left", metavar="TIME", help="person: until when in the case."),
    click.option("--tz", metavar="ZONE", help="location: the IANA time zone, such as Asia/Almaty."),
    click.option("--address", metavar="TEXT", help="location: the address."),
    click.option("--access", multiple=True, metavar="PERSON", help="location: who may enter; may be repeated."),
    click.option("--site", metavar="TEXT", help="location: the building or yard, the same for all places in it."),
    click.option("--map-km", metavar="EAST,NORTH", help="location: where it lies on the map, in kilometres."),
    click.option("--jurisdiction", metavar="TEXT", help="case: the jurisdiction."),
    click.option("--officer", metavar="PERSON", help="case: the officer in charge."),
    click.option("--offence", metavar="TEXT", help="case: the offence."),
    click.option(
        "--permit",
        multiple=True,
        metavar="'ID;KIND;ISSUER;FROM;TO;SCOPE;ITEMS;ISSUED'",
        help="case: a warrant or the like.",
    ),
    click.option("--protocol", metavar="NUMBER", help="case: the number of the seizure protocol."),
    click.option(
        "--protocol-item", multiple=True, metavar="'NO;TEXT;SERIAL'", help="case: an item that the protocol lists."
    ),
)


def with_options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that adds the options in this order."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate
