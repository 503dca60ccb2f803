"""Owners come back as they were added, by number and by the first one of an address."""

import pytest

from labkit.evidence.owner_table import Owner, OwnerTable

ADDED = (
    ("/", 5, None, False),
    ("/a.txt", 40, None, False),
    ("/a.txt", 40, "Zone.Identifier", False),
    ("/Документы/отчёт ш.docx", 41, "", True),
    ("/folder/half \udc80 letter", 10_000, None, False),
    ("/b.txt", 40, None, False),
    ("/" + "long name " * 100, 1 << 40, "long stream " * 50, False),
)
EXPECTED = [Owner(3, path, address, stream, deleted) for path, address, stream, deleted in ADDED]


@pytest.mark.parametrize("many", [0, 20_000])  # so many that they lie in a temporary file
def test_owners_come_back_as_they_were_added(many: int) -> None:
    table = OwnerTable(3)
    for number in range(many):
        table.add(f"/other {number}.txt of a long list of files", 1_000_000 + number, None, deleted=False)
    numbers = [table.add(path, address, stream, deleted=deleted) for path, address, stream, deleted in ADDED]
    table.settle()

    assert [table[number] for number in numbers] == EXPECTED
    assert list(table)[many:] == EXPECTED
    assert table.first_of(40) == EXPECTED[1]
    assert table.first_of(1 << 40) == EXPECTED[-1]
    assert table.first_of(63) is None
    assert table.first_of(4) is None
    assert 41 in table
    assert 42 not in table
    assert many == 0 or table.first_of(1_000_077).path == "/other 77.txt of a long list of files"
