"""Finished English sentences, said in the reader's language.

Errors and remarks are written in English where they arise, and travel so: into logs, into JSON, between processes. Who
shows one to a person has it said here. The catalogue ``locale/<language>/sentences.po`` is keyed by the English
sentence with its values in braces, ``there is no file {path}``; a sentence is found again by the words around its
values, ``{count:d}`` being a number. A value may be a sentence itself (``{file}: {problem}``) and is said too; a single
word is not, it may be a name. What no entry fits stays English.
"""

import re
from collections.abc import Mapping
from functools import cache

from labkit.i18n.catalog import LANGUAGES, SENTENCES, catalogue

_LONGEST = 8000  # characters; what is longer is no sentence of ours
_DEEPEST = 4  # sentences within sentences
_BETWEEN = "; "  # between the sentences of a list
_MOST_PARTS = 40
_VALUE = re.compile(r"\{(\w+)(?::d)?\}")


class Pattern:
    """An English sentence with ``{name}`` for each of its values, ``{name:d}`` for a number."""

    def __init__(self, template: str) -> None:
        self.template = template
        first, *rest = _VALUE.split(template)
        self._first = first
        self._names = rest[::2]
        self._words = rest[1::2]  # behind each value
        self._numbers = frozenset(name for name in self._names if f"{{{name}:d}}" in template)
        self.begins_with_value = bool(self._names) and not first
        self.known = len(first) + sum(map(len, self._words))  # characters that are words and no values

    def values_of(self, sentence: str) -> dict[str, str] | None:
        """Return what stands in ``sentence`` for the values; None if it is another sentence.

        A value ends where the words behind it first appear, the last one at the end.
        """
        if not self._names:
            return {} if sentence == self.template else None
        if not sentence.startswith(self._first) or not sentence.endswith(self._words[-1]):
            return None
        last = len(sentence) - len(self._words[-1])
        at = len(self._first)
        found: dict[str, str] = {}
        for number, (name, words) in enumerate(zip(self._names, self._words, strict=True), 1):
            end = last if number == len(self._names) else sentence.find(words, at, last)
            if end < at or found.setdefault(name, sentence[at:end]) != sentence[at:end]:
                return None
            if name in self._numbers and not found[name].isdecimal():
                return None
            at = end + len(words)
        return found


class Sayings:
    """The sentences that one language can say."""

    def __init__(self, translations: Mapping[str, str]) -> None:
        self.translations = translations
        patterns = [Pattern(key) for key in translations]
        # What begins with words stands around what begins with a value: "volume 2: a.txt can not be read".
        self._patterns = sorted(patterns, key=lambda one: (one.begins_with_value, -one.known))

    def match(self, sentence: str) -> tuple[Pattern, dict[str, str]] | None:
        """Return the entry that fits a sentence best, and the values in it; None where none does."""
        fits = ((pattern, pattern.values_of(sentence)) for pattern in self._patterns)
        return next(((pattern, values) for pattern, values in fits if values is not None), None)

    def say(self, sentence: str, depth: int = _DEEPEST) -> str:
        """Return a sentence in this language; as it is where no entry fits."""
        if len(sentence) > _LONGEST:
            return sentence
        found = self.match(sentence)
        parts = sentence.split(_BETWEEN) if depth else []
        around = found is not None and not found[0].begins_with_value  # the list stands within the sentence
        if len(parts) > 1 and not around and self._known(*parts) >= max(1, found[0].known if found else 0):
            return _BETWEEN.join(self.say(part, depth - 1) for part in parts)
        if found is None:
            return sentence
        pattern, values = found
        said = {name: self.say(value, depth - 1) if depth and " " in value else value for name, value in values.items()}
        return _VALUE.sub(lambda place: said[place[1]], self.translations[pattern.template])

    def _known(self, *sentences: str) -> int:
        """Return how many characters are words of entries, all in all; 0 where one of the sentences has no entry."""
        found = [self.match(sentence) for sentence in sentences[:_MOST_PARTS]]
        return sum(one[0].known for one in found if one) if all(found) else 0


def say(sentence: str, language: str) -> str:
    """Return an English sentence in ``language``; as it is where that language has no words for it."""
    return sentence if language == "en" or language not in LANGUAGES else sayings(language).say(sentence)


@cache
def sayings(language: str) -> Sayings:
    """Return the sentences of one language."""
    return Sayings({str(entry.id): str(entry.string) for entry in catalogue(language, SENTENCES) if entry.id})
