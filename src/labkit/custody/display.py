"""Text from a ledger, made fit to be shown: it is somebody else's, and a terminal obeys control characters."""

_JOINERS = frozenset("\u200c\u200d")  # they belong to Persian and other spelling


def printable(text: str, *, longest: int = 80) -> str:
    """Return ``text`` on one line, without control and direction characters, cut to ``longest`` characters."""
    plain = "".join(
        letter
        if letter.isprintable() or letter in _JOINERS
        else " "
        if letter.isspace()
        else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
