"""Who held each exhibit, as bars of letters over time; a letter for each holder, so that no colour is needed."""

from collections.abc import Iterator, Sequence
from string import ascii_lowercase, ascii_uppercase

from labkit.cli.output import safe
from labkit.custody.display import printable
from labkit.custody.holders import Holding, Span, period, spans, to_scale
from labkit.custody.ledger import Ledger
from labkit.i18n import Translator

_WIDTH = 60  # letters
_LETTERS = ascii_uppercase + ascii_lowercase
_ON_THE_WAY, _NOBODY, _OTHER = ">", ".", "#"


def bars(ledger: Ledger, t: Translator, *, plain: bool) -> Iterator[str]:
    """Yield the picture line by line; with ``plain`` one span a line, tabs between its values."""
    found = spans(ledger)
    if not found:
        yield t("custody.say.no-holder") + "\n"
    elif plain:
        for span in found:
            yield "\t".join(safe(cell) for cell in _cells(span, t)) + "\n"
    else:
        yield from _drawn(found, ledger, t)


def _cells(span: Span, t: Translator) -> tuple[str, ...]:
    start = span.start.text if span.start else ""
    end = span.end.text if span.end else ""
    last = str(span.last) if span.last is not None else ""
    broken = t("custody.say.broken") if span.is_broken else ""
    how = t(f"custody.holding.{span.holding.value}")
    return span.exhibit, span.holder, how, start, end, str(span.first), last, broken


def _drawn(found: Sequence[Span], ledger: Ledger, t: Translator) -> Iterator[str]:
    holders = list(dict.fromkeys(span.holder for span in found if span.holding is not Holding.ON_THE_WAY))
    letter = dict(zip(holders, _LETTERS, strict=False))
    rows: dict[str, list[str]] = {span.exhibit: [_NOBODY] * _WIDTH for span in found}
    # Short spans are drawn last, so that none is hidden by its neighbour.
    for stretch in sorted(to_scale(ledger), key=lambda one: one.start - one.end):
        row = rows[stretch.span.exhibit]
        first = min(_WIDTH - 1, int(stretch.start * _WIDTH))
        last = max(first + 1, round(stretch.end * _WIDTH))
        is_away = stretch.span.holding is Holding.ON_THE_WAY
        mark = _ON_THE_WAY if is_away else letter.get(stretch.span.holder, _OTHER)
        row[first:last] = [mark] * (min(last, _WIDTH) - first)
    broken = {span.exhibit for span in found if span.is_broken}
    name_width = max(len(printable(number)) for number in rows)
    for number, row in rows.items():
        warning = f"  ! {t('custody.say.broken')}" if number in broken else ""
        yield f"{printable(number).ljust(name_width)}  {''.join(row)}{warning}\n"
    ends = period(ledger)
    if ends is not None:
        start, end = (moment.at.isoformat(sep=" ", timespec="minutes") for moment in ends)
        yield f"{' ' * name_width}  {start}{end.rjust(_WIDTH - len(start))}\n\n"
    names = {person.person_id: person.name for person in ledger.people}
    for holder in holders:
        name = f"  {printable(names[holder])}" if holder in names else ""
        yield f"  {letter.get(holder, _OTHER)}  {printable(holder)}{name}\n"
    yield f"  {_ON_THE_WAY}  {t('custody.holding.on-the-way')}\n  {_NOBODY}  {t('custody.say.nobody')}\n"
