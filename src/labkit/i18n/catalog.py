"""Message catalogues: keys to sentences, in the reader's language.

A catalogue is a gettext ``.po`` file, ``locale/<language>/<domain>.po``, that any translator's tool opens. Messages
are keyed by a stable id (``mistake.H-CONT``), not by the English text; values stand in braces. A key that a language
lacks falls back to English; a key that English lacks is a fault of ours and raises.
"""

import gettext
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages import Catalog

LANGUAGES = ("en", "ru")
SENTENCES = "sentences"  # keyed by English sentences, not by ids (``labkit.i18n.sentences``)
RIGHT_TO_LEFT = frozenset({"fa", "ar", "ur", "ps"})


class Translator:
    """Turns keys into sentences of one language: ``t("grade.done", count=3)``."""

    def __init__(self, language: str, translations: gettext.GNUTranslations) -> None:
        self.language = language
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self._translations = translations

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the sentence of ``key`` with ``values`` filled in.

        Raises:
            KeyError: No catalogue knows the key.
        """
        sentence = self._translations.gettext(key)
        if sentence == key:
            raise KeyError(f"no message {key!r} in the catalogues")
        return sentence.format_map(values) if values else sentence

    def has(self, key: str) -> bool:
        """Return whether a sentence for ``key`` exists."""
        return self._translations.gettext(key) != key

    def plural(self, key: str, number: float, /, **values: object) -> str:
        """Return the plural form of ``key`` for ``number``, which fills ``{number}`` unless ``values`` spell it.

        A fraction takes the form of two, in English as in Russian ("0.5 points", "0,5 балла").
        """
        counted = int(number) if number == int(number) else 2
        sentence = self._translations.ngettext(key, key, counted)
        if sentence == key:
            raise KeyError(f"no message {key!r} in the catalogues")
        return sentence.format_map({"number": number, **values})


@cache
def translator(language: str) -> Translator:
    """Return the translator of ``language``; English where there is no catalogue of it."""
    translations = _load("en")
    if language != "en" and language in LANGUAGES:
        own = _load(language)
        own.add_fallback(translations)
        translations = own
    return Translator(language if language in LANGUAGES else "en", translations)


def messages(language: str) -> Mapping[str, str | tuple[str, ...]]:
    """Return every message of one language by key, without fallback; for tests and translators' tools."""
    found: dict[str, str | tuple[str, ...]] = {}
    for one in _catalogues(language):
        for message in one:
            if message.id:
                key = message.id if isinstance(message.id, str) else message.id[0]
                found[key] = message.string if isinstance(message.string, str) else tuple(message.string or ())
    return found


def _load(language: str) -> gettext.GNUTranslations:
    from babel.messages.mofile import write_mo

    merged: gettext.GNUTranslations | None = None
    for one in _catalogues(language):
        compiled = io.BytesIO()
        write_mo(compiled, one)
        compiled.seek(0)
        translations = gettext.GNUTranslations(compiled)
        if merged is None:
            merged = translations
        else:
            translations.add_fallback(merged)
            merged = translations
    if merged is None:
        raise KeyError(f"no catalogue of language {language!r}")
    return merged


def catalogue(language: str, domain: str) -> "Catalog":
    """Return the catalogue of one domain, as its file holds it."""
    from babel.messages.pofile import read_po

    text = files("labkit.i18n").joinpath("locale", language, f"{domain}.po").read_bytes()
    return read_po(io.BytesIO(text), locale=language)


def _catalogues(language: str) -> "list[Catalog]":
    folder = files("labkit.i18n").joinpath("locale", language)
    domains = sorted(entry.name.removesuffix(".po") for entry in folder.iterdir() if entry.name.endswith(".po"))
    return [catalogue(language, domain) for domain in domains if domain != SENTENCES]
