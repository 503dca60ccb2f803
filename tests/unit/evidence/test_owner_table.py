"""Owners come back as they were added, by number and by the first one of an address."""

import pytest

from labkit.evidence.owner_table import Owner, OwnerTable

ADDED = (
    ("/", 5, None, False),
    ("/a.txt", 40, None, False),
    ("/a.txt", 40, "Zone.Identifier", False),
    ("/Документы/отчёт ش.docx", 41, None, True),
    ("/folder/half \udc80 letter", 10_000, None, False),
    ("/b.txt", 40, None, False),
)


@pytest.mark.parametrize("records", [0, 64])
def test_owners_come_back_as_they_were_added(records: int) -> None:
    table = OwnerTable(3, records)
    numbers = [table.add(path, address, stream, deleted=deleted) for path, address, stream, deleted in ADDED]

    assert numbers == list(range(len(ADDED))) == list(range(len(table)))
    assert [table[number] for number in numbers] == [
        Owner(3, path, address, stream, deleted) for path, address, stream, deleted in ADDED
    ]
    assert table.first_of(40) == Owner(3, "/a.txt", 40, None, False)
    assert table.first_of(10_000) == Owner(3, "/folder/half \udc80 letter", 10_000, None, False)
    assert table.first_of(63) is None
    assert 41 in table
    assert 42 not in table
