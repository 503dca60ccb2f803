"""Personal values: one for each variable of a case and each trainee, of the same kind and difficulty for all.

Each variable has a stream of its own, so that adding one leaves the others as they were. Two variables of the same
kind never get the same value, and no word is used twice: what must differ differs.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from labkit.errors import SynthesisError
from labkit.model.scenario import CaseScenario, Variable
from labkit.synthesis.streams import Stream
from labkit.synthesis.words import word_list

# Shapes: # a digit, ^ a digit but not 0, @ a capital letter that no digit looks like, % a hexadecimal digit, & one with
# small letters, ~ a small letter or a digit.
_SHAPES: Mapping[str, str] = {
    "account": "NV## KFBK #### #### ####",  # NV is no country code of ISO 3166
    "phone": "+999 ## ### ## ##",  # +999 is not given to any country
    "serial": "0417%%%%%%%%%%%%",
    "volume_serial": "^%%%-%%%%",
    "seal": "S-^#####",
    "bag": "B-^######",
    "company": "<company_stem> <company_trade>",
    "person": "<given> <family>",
    "password": "<plain>-<plain>-^#",
}
# What may stand in documents and private networks of the story, RFC 5737.
_DOCUMENTATION_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "0123456789"
_HEX = _DIGITS + "ABCDEF"
_SMALL = "abcdefghijklmnopqrstuvwxyz"
_SIGNS = {
    "#": _DIGITS,
    "^": _DIGITS[1:],
    "@": _LETTERS,
    "%": _HEX,
    "&": _HEX.lower(),
    "~": _SMALL + _DIGITS,
}
_TOKEN = re.compile(r"[#^@%&~]|<([a-z_]+)>")
_REFERENCE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_MOST_DRAWS = 1000


def draw_variables(case: CaseScenario, seed: bytes) -> Mapping[str, str]:
    """Return the value of every variable of ``case`` for one trainee, in the order of the case.

    Raises:
        SynthesisError: A variable can not be drawn as it is described.
    """
    draw = _Draw(seed)
    for variable in case.variables:
        draw.add(variable)
    return draw.values


def public_names(case: CaseScenario) -> tuple[str, ...]:
    """Return the names of the variables that may be shown to the trainee."""
    return tuple(name for variable in case.variables if variable.public for name in names_of(variable))


def names_of(variable: Variable) -> tuple[str, ...]:
    """Return the names under which the value, or the values of a permutation, are known."""
    names = variable.options.get("names")
    return names if isinstance(names, tuple) else (variable.name,)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` of a scenario with every ``{variable}`` replaced.

    An unknown name is an error here, because the text becomes evidence. In texts for people (``content.brief.fill``)
    it stays as it is; in known answers (``grading.samples.fill``) braces name facts, not variables.

    Raises:
        SynthesisError: There is no such variable (yet).
    """

    def value(match: re.Match[str]) -> str:
        try:
            return values[match[1]]
        except KeyError:
            raise SynthesisError(
                f"{text!r} needs the variable {match[1]!r}, which is not known here",
                remedy="Declare it in case.toml, above the variables that use it.",
            ) from None

    return _REFERENCE.sub(value, text)


class _Draw:
    """The values drawn so far, and what they use up."""

    def __init__(self, seed: bytes) -> None:
        self.values: dict[str, str] = {}
        self._seed = seed
        self._taken: set[tuple[str, str]] = set()  # (kind, value)
        self._words: set[str] = set()
        self._kinds: Mapping[str, Callable[[Variable, Stream], str]] = {
            "constant": lambda variable, _: fill(_text(variable, "value"), self.values),
            "pattern": lambda variable, stream: self._shaped(_text(variable, "pattern"), stream),
            "amount": _amount,
            "port": lambda _, stream: str(stream.between(20000, 59999)),
            "address": lambda _, stream: f"{stream.pick(_DOCUMENTATION_NETWORKS)}.{stream.between(10, 250)}",
            "time": _time,
            "date": lambda variable, stream: _time(variable, stream)[:10],
            "words": self._several_words,
            "choice": lambda variable, stream: fill(stream.pick(_texts(variable, "of")), self.values),
        } | dict.fromkeys(_SHAPES, lambda variable, stream: self._shaped(_SHAPES[variable.kind], stream))

    def add(self, variable: Variable) -> None:
        for name in names_of(variable):
            if name in self.values:
                raise SynthesisError(f"the variable {name!r} is declared twice", remedy="Give it another name.")
        stream = Stream(self._seed, f"variable/{variable.name}")
        if variable.kind == "permutation":
            members = [fill(member, self.values) for member in _texts(variable, "of")]
            self.values |= dict(zip(names_of(variable), stream.shuffled(members), strict=True))
            return
        maker = self._kinds.get(variable.kind)
        if maker is None:
            known = ", ".join(sorted([*self._kinds, "permutation"]))
            raise SynthesisError(
                f"the variable {variable.name!r} is of the unknown kind {variable.kind!r}",
                remedy=f"Take one of: {known}.",
            )
        self.values[variable.name] = self._unlike_others(variable, stream, maker)

    def _unlike_others(self, variable: Variable, stream: Stream, maker: Callable[[Variable, Stream], str]) -> str:
        for _ in range(_MOST_DRAWS):
            value = maker(variable, stream)
            if variable.kind in {"constant", "choice"}:
                return value
            if (variable.kind, value) not in self._taken:
                self._taken.add((variable.kind, value))
                return value
        raise SynthesisError(
            f"the variable {variable.name!r} can not get a value of its own: all are used up",
            remedy="Give it more to choose from.",
        )

    def _shaped(self, shape: str, stream: Stream) -> str:
        def drawn(match: re.Match[str]) -> str:
            if match[1]:
                return self._word(match[1], stream)
            return stream.pick(_SIGNS[match[0]])

        return _TOKEN.sub(drawn, fill(shape, self.values))

    def _several_words(self, variable: Variable, stream: Stream) -> str:
        count = variable.options["count"]
        return " ".join(self._word(_text(variable, "list"), stream) for _ in range(int(str(count))))

    def _word(self, list_name: str, stream: Stream) -> str:
        left = [word for word in word_list(list_name) if word not in self._words]
        if not left:
            raise SynthesisError(
                f"the word list {list_name!r} is used up", remedy="Add words to it, or draw fewer from it."
            )
        word = stream.pick(left)
        if list_name not in {"company_trade", "given"}:
            self._words.add(word)
        return word


def _amount(variable: Variable, stream: Stream) -> str:
    low, high, step = (int(str(variable.options[key])) for key in ("low", "high", "step"))
    if len(str(low)) != len(str(high)) or high < low:
        raise SynthesisError(
            f"the variable {variable.name!r} goes from {low} to {high}, which have not equally many digits",
            remedy="Choose limits with equally many digits, the smaller one first.",
        )
    return str(low + step * stream.below((high - low) // step + 1))


def _time(variable: Variable, stream: Stream) -> str:
    begin, end = (datetime.fromisoformat(_text(variable, key)) for key in ("begin", "end"))
    first, last = (int(hour) for hour in _texts(variable, "hours"))
    days = (end.date() - begin.date()).days
    if begin.tzinfo is not None or end.tzinfo is not None or days < 1 or not 0 <= first < last <= 24:  # noqa: PLR2004
        raise SynthesisError(
            f"the variable {variable.name!r} has no window from which a local time can be drawn",
            remedy="Give begin and end as local times without a zone, at least a day apart, and hours within 0 to 24.",
        )
    midnight = datetime.combine(begin.date(), datetime.min.time())
    moment = midnight + timedelta(days=stream.below(days), minutes=stream.between(60 * first, 60 * last - 1))
    return f"{moment:%Y-%m-%d %H:%M}"


def _text(variable: Variable, key: str) -> str:
    value = variable.options.get(key)
    if value is None:
        raise SynthesisError(
            f"the variable {variable.name!r} of kind {variable.kind!r} says nothing about {key!r}",
            remedy=f"Add {key} to it in case.toml.",
        )
    return str(value)


def _texts(variable: Variable, key: str) -> tuple[str, ...]:
    value = variable.options.get(key)
    if not isinstance(value, tuple):
        raise SynthesisError(
            f"the variable {variable.name!r} of kind {variable.kind!r} has no list {key!r}",
            remedy=f"Add the list {key} to it in case.toml.",
        )
    return value
