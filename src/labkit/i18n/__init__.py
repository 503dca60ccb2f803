"""Message catalogues; sentences are made here, in the language of the reader."""

from labkit.i18n.catalog import LANGUAGES, Translator, messages, translator
from labkit.i18n.sentences import say

__all__ = ["LANGUAGES", "Translator", "messages", "say", "translator"]
