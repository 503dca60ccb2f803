"""A frozen table of what becomes of letters, written down as its changes.

Each change is FIRST[-LAST][/STEP]DIFFERENCE: code units in hexadecimal digits, the signed difference in decimal ones.
"""


def changed_units(changes: str) -> dict[int, int]:
    """Return for each UTF-16 code unit that changes what it becomes."""
    found: dict[int, int] = {}
    for change in changes.split():
        sign = "+" if "+" in change else "-"
        places, _, amount = change.rpartition(sign)
        ends, _, step = places.partition("/")
        first, _, last = ends.partition("-")
        for unit in range(int(first, 16), int(last or first, 16) + 1, int(step or 1)):
            found[unit] = unit + int(sign + amount)
    return found
