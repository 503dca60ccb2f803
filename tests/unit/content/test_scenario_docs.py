"""The page for authors names every action and every detail that a scenario can have."""

from pathlib import Path

from labkit.model.scenario import ACTION_DETAILS, ACTION_KINDS

PAGE = (Path(__file__).parents[3] / "docs" / "author" / "scenarios.md").read_text(encoding="utf-8")


def test_every_action_stands_in_the_page() -> None:
    assert [kind for kind in ACTION_KINDS if f"`{kind}`" not in PAGE] == []


def test_the_required_details_stand_in_the_page() -> None:
    required = {key for needed, _ in ACTION_DETAILS.values() for key in needed}

    assert [key for key in sorted(required) if f"`{key}`" not in PAGE] == []
