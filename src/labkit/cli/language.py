"""In which language commands speak to their reader."""

import json
import os
from pathlib import Path

from labkit.workspace.root import KIT, MANIFEST, find_root

VARIABLE = "LABKIT_LANGUAGE"


def reader_language() -> str:
    """Return the language of who reads what a command says: that of ``LABKIT_LANGUAGE``, else of the workspace here.

    English outside of a workspace. The manifest is only asked how to speak, so its signature is not looked at.
    """
    told = os.environ.get(VARIABLE)
    if told:
        return told
    try:
        root = find_root(Path.cwd())
        manifest = json.loads((root / KIT / MANIFEST).read_bytes()) if root else {}
    except (OSError, ValueError, RecursionError):
        return "en"
    language = manifest.get("language") if isinstance(manifest, dict) else None
    return language if isinstance(language, str) else "en"


def in_words(sentence: str) -> str:
    """Return an English sentence in the reader's language."""
    language = reader_language()
    if language == "en":
        return sentence
    from labkit.i18n import say

    return say(sentence, language)
