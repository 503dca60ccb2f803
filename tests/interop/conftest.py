"""The disk of the PC of KESTREL from one seed, for tests that ask several readers about it."""

from collections.abc import Iterator

import pytest

from labkit.usecases import author
from labkit.verification.built import BuiltItem


@pytest.fixture(scope="package")
def pc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltItem]:
    case = author.build("kestrel", "one pc", tmp_path_factory.mktemp("one-pc"), item="pc")
    with BuiltItem(author.files_of_item(case.files, "pc"), case.truth.items["pc"], case.public_variables) as item:
        yield item
    for path in case.files.values():
        path.unlink(missing_ok=True)
