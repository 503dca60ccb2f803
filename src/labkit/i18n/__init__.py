"""Message catalogues; sentences are made here, in the language of the reader."""

from labkit.i18n.catalog import LANGUAGES, Translator, messages, translator

__all__ = ["LANGUAGES", "Translator", "messages", "translator"]
