"""Word lists: plain TOML, read once. Order in a list is part of what a seed means; add words at the end only."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from labkit.errors import SynthesisError


@lru_cache(maxsize=1)
def all_lists() -> Mapping[str, tuple[str, ...]]:
    """Return every word list by name."""
    lists: dict[str, tuple[str, ...]] = {}
    for name in ("names.toml", "words.toml", "everyday.toml", "computer.toml"):
        text = files(__package__).joinpath(name).read_text(encoding="utf-8")
        lists |= {key: tuple(words) for key, words in tomllib.loads(text).items()}
    return lists


def word_list(name: str) -> tuple[str, ...]:
    """Return one list.

    Raises:
        SynthesisError: There is no such list.
    """
    try:
        return all_lists()[name]
    except KeyError:
        raise SynthesisError(
            f"there is no word list {name!r}", remedy=f"Take one of: {', '.join(sorted(all_lists()))}."
        ) from None
