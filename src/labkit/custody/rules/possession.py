"""Rules about who had an exhibit: no gap, no two holders at once, given on by the one who had it.

One walk through the events of each exhibit finds all three, see ``walk``.
"""

from collections.abc import Iterator

from labkit.custody.rules.reading import Hit, Reading
from labkit.custody.rules.walk import walk


def no_gap(reading: Reading) -> Iterator[Hit]:
    """From seizure to the last event somebody has the exhibit at every moment; on its way it is accounted for.

    On its way means released and not yet received. That is accounted for by a carrier with a tracking number, or by
    an escort of two persons.
    """
    return _of_rule(reading, "CC-06")


def no_two_holders(reading: Reading) -> Iterator[Hit]:
    """An exhibit has one holder at a time: nobody takes it while another still has it."""
    return _of_rule(reading, "CC-07")


def given_by_the_holder(reading: Reading) -> Iterator[Hit]:
    """Whoever releases an exhibit is the one who received it last, or runs the store that holds it."""
    return _of_rule(reading, "CC-08")


def _of_rule(reading: Reading, rule: str) -> Iterator[Hit]:
    for number in reading.events_by_exhibit:
        for step in walk(reading, number):
            yield from (fault.hit for fault in step.faults if fault.rule == rule)
