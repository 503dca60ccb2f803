"""Why a submission is not taken: a stable code with values; the sentence is made when it is shown."""

from labkit.errors import IntakeError
from labkit.i18n import translator

_SHOWN = 80


class RefusalError(IntakeError):
    """A submission can not be accepted. ``code`` is stable; ``values`` fill the sentence ``refused.<code>``."""

    def __init__(self, code: str, **values: str | int) -> None:
        self.code = code
        self.values = {key: shown(value) for key, value in values.items()}
        t = translator("en")
        super().__init__(t(f"refused.{code}", **self.values), remedy=t("refused.remedy"))


def shown(value: str | int) -> str | int:
    """Return a value from a hostile file, short and printable."""
    if isinstance(value, int):
        return value
    return "".join(character if character.isprintable() else "�" for character in value[:_SHOWN])
