"""HASH: a digest. Its length decides the algorithm; a weaker algorithm and wrong objects are recognised."""

import re
from collections.abc import Iterator, Mapping

from labkit.content.schemas import HashAnswer
from labkit.grading.answers.contract import (
    ExpectedAnswer,
    FormError,
    Given,
    KnownValue,
    Source,
    Verdict,
    judge,
    unfit,
)
from labkit.grading.normalise import token
from labkit.grading.numerals import hexadecimal
from labkit.model.truth import FactValue

ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}  # number of hexadecimal digits -> algorithm
_LENGTHS = {name: digits for digits, name in ALGORITHMS.items()}
_SHOWN = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}
_PREFIX = re.compile(r"(md5|sha-?1|sha-?256)[ ]?(?:[:=]|[ ])[ ]?", re.IGNORECASE)
_FACT = re.compile(r"(.*?)(md5|sha1|sha256)(.*)")
OTHER_ALGORITHM_PERCENT = 50
CLOSE_CHARACTERS = 2


def right_value(raw: object, answer: HashAnswer) -> str:
    """Return a digest in lower case.

    Raises:
        ContentError: It is no digest of the algorithms that are known here.
    """
    if isinstance(raw, str) and len(raw) in ALGORITHMS and re.fullmatch(r"[0-9a-fA-F]+", raw):
        return raw.lower()
    raise unfit(raw, f"a digest ({answer.algorithm})")


def parse(text: str, answer: HashAnswer) -> Given[str]:
    """Return the digest in lower-case hex; spaces, colons, upper case and an ``alg:`` prefix do not matter.

    A line as sha256sum prints it, digest then file name, is read as its digest.

    Raises:
        FormError: Not hexadecimal, or of a length that no algorithm has.
    """
    plain = token(text).replace("\n", " ").replace("\r", " ")
    prefix = _PREFIX.match(plain)
    named = prefix[1].lower().replace("-", "") if prefix else None
    body = plain[prefix.end() :] if prefix else plain
    first, _, rest = body.partition(" ")
    if len(first) in ALGORITHMS and re.search(r"[^0-9A-Fa-f: ]", rest):
        body = first  # the line of a checksum tool: the rest is a file name
    if len(body) > 1000:  # noqa: PLR2004 - far above any digest with separators; keeps the loop below short
        raise _wrong_length(len(body), answer)
    digits, notices = hexadecimal(body.replace(" ", "").replace(":", ""), "form-hash")
    algorithm = ALGORITHMS.get(len(digits))
    if algorithm is None:
        raise _wrong_length(len(digits), answer)
    if named is not None and named != algorithm:
        raise FormError(
            f"the answer says {_SHOWN[named]} but has {len(digits)} digits, as {_SHOWN[algorithm]} has",
            remedy="Name the algorithm that made the digest, or leave the name out.",
            code="form-hash-name",
        )
    return Given(digits, digits, notices)


def spelling(value: str, answer: HashAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return value


def known_values(answer: HashAnswer, right: str, source: Source) -> Iterator[KnownValue]:
    """Yield the other digests of the right object."""
    for digest in siblings(source.fact, source.facts):
        if digest != right:
            yield KnownValue("H-ALG", digest, OTHER_ALGORITHM_PERCENT)


def weaker_values(known: KnownValue, source: Source) -> Iterator[KnownValue]:
    """Yield the other digests of a wrong object: two mistakes at once, so half of its credit."""
    for digest in siblings(source.fact, source.facts):
        yield KnownValue(known.code, digest, known.credit_percent // 2, ("other-algorithm",))


def siblings(fact: str | None, facts: Mapping[str, FactValue]) -> Iterator[str]:
    """Yield the digests of the same object by other algorithms: for ``stored_md5`` the fact ``stored_sha1``."""
    parts = _FACT.fullmatch(fact or "")
    if parts is None:
        return
    for algorithm in ALGORITHMS.values():
        value = facts.get(f"{parts[1]}{algorithm}{parts[3]}")
        if algorithm != parts[2] and isinstance(value, str) and len(value) in ALGORITHMS:
            yield value.lower()


def compare(given: Given[str], answer: HashAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 for the digest, the credit of a recognised one, else 0 with a word about a near miss."""
    verdict = judge(given.value, expected)
    if verdict is not None:
        return verdict
    if len(given.value) == len(expected.right):
        different = sum(ours != theirs for ours, theirs in zip(given.value, expected.right, strict=True))
        if different <= CLOSE_CHARACTERS:
            return Verdict(0, notices=("close-transcription",))
    if len(given.value) != _LENGTHS[answer.algorithm]:
        return Verdict(0, notices=("other-algorithm",))
    return Verdict(0)


def _wrong_length(digits: int, answer: HashAnswer) -> FormError:
    wanted = _LENGTHS[answer.algorithm]
    return FormError(
        f"the answer has {digits} hexadecimal digits; {_SHOWN[answer.algorithm]} has {wanted}",
        remedy=f"Copy the whole digest from your tool, for example {'0123456789abcdef' * (wanted // 16)}"
        f"{'01234567'[: wanted % 16]}.",
        code="form-hash-length",
        values={"digits": digits, "wanted": wanted},
    )
