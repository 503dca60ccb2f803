"""Words for units and bases, as trainees write them in English and Russian."""

import re

from labkit.grading.normalise import token

UNITS = {
    "bytes": ("b", "byte", "bytes", "б", "байт", "байта", "байты", "байтов"),
    "sectors": (
        "s", "sec", "sect", "sector", "sectors", "lba", "lbas",
        "с", "сек", "сект", "сектор", "сектора", "секторе", "секторы", "секторов",
    ),
    "clusters": ("cluster", "clusters", "кластер", "кластера", "кластеры", "кластеров"),
    "seconds": ("second", "seconds", "секунда", "секунды", "секунду", "секунд"),
}  # fmt: skip
BASES = {
    "disk": (
        "disk", "disc", "medium", "media", "drive", "image",
        "диск", "диска", "диске", "носитель", "носителя", "носителе", "накопитель", "накопителя", "образ", "образа",
    ),
    "partition": ("partition", "volume", "part", "раздел", "раздела", "разделе", "том", "тома", "томе"),
    "file": ("file", "файл", "файла", "файле"),
    "memory": ("memory", "virtual", "память", "памяти", "виртуальный", "виртуальная", "виртуальные", "виртуального"),
}  # fmt: skip
# One number, unit or other word in a text that holds several.
LEXEME = re.compile(
    r"(?P<number>(?<!\S)-?0[xXхХ][0-9A-Fa-f_авсеАВСЕ]+"
    r"|(?<!\S)[0-9][0-9A-Fa-f]{0,40}[hH](?!\w)"
    r"|(?:(?<!\S)-)?[0-9](?:[ ,.'_\u2019\u066c]?[0-9])*)"
    r"|(?P<word>[^\W\d_]+)"
)
_SHORT_SECONDS = frozenset({"s", "sec", "с", "сек"})  # short for seconds where seconds are asked for, else sectors
_UNIT_OF = {word: unit for unit, words in UNITS.items() for word in words}
_BASE_OF = {word: base for base, words in BASES.items() for word in words}
_LAST_WORD = re.compile(r"[^\W\d_]+\.?$")


def split_unit(text: str, wanted: str) -> tuple[str, str | None]:
    """Return the text without a unit word at its end, and that unit; None where there is no such word."""
    plain = token(text)
    found = _LAST_WORD.search(plain[-20:])
    if found is None:
        return plain, None
    start = max(len(plain) - 20, 0) + found.start()
    unit = unit_of(found[0].rstrip("."), wanted)
    if unit is None or start == 0 or (plain[start - 1].isalnum() and plain[1:2] in {"x", "X", "х", "Х"}):
        return plain, None  # no unit, or the letters are hexadecimal digits
    return plain[:start].strip(), unit


def unit_of(word: str, wanted: str = "") -> str | None:
    """Return the unit that ``word`` stands for; ``wanted`` decides what ``s`` is short for."""
    folded = word.casefold()
    return "seconds" if wanted == "seconds" and folded in _SHORT_SECONDS else _UNIT_OF.get(folded)


def base_of(word: str) -> str | None:
    """Return the base that ``word`` stands for."""
    return _BASE_OF.get(word.casefold())
