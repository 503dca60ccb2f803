import pytest

from labkit.content.reader import load_library
from labkit.model.people import Trainee
from labkit.reports.guides import render_pages


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_start_page_names_the_commands_of_the_ledger(language: str) -> None:
    pages = render_pages(load_library(), "prosecutors", language, {}, Trainee("T01", "Ann", language))
    page = pages["START-HERE.html"].decode()

    for command in ("labkit custody add", "labkit custody show", "labkit custody check"):
        assert command in page
    assert "page.command" not in page
