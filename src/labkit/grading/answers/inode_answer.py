"""INODE: the address of a file: inode, MFT record number or FAT entry address."""

import re
from collections.abc import Iterator

from labkit.content.schemas import InodeAnswer
from labkit.grading.answers.contract import (
    WRONG,
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
from labkit.grading.numerals import whole_number

PARENT_PERCENT = 25
PREVIOUS_PERCENT = 25
CLUSTER_PERCENT = 25
_LABEL = re.compile(
    r"(?:inode|mft|metadata|meta|address|addr|entry|record|number|no|fat(?:12|16|32)?|exfat|ntfs|ext[234]"
    r"|инод|айнод|адрес|запись|номер)(?![^\W_])[ .:#№/=]*|[#№][ ]*",
    re.IGNORECASE,
)
_WITH_ATTRIBUTE = re.compile(r"([0-9]{1,20})-[0-9]{1,20}(?:-[0-9]{1,20})?(?::.*)?")


def right_value(raw: object, answer: InodeAnswer) -> int:
    """Return an address.

    Raises:
        ContentError: It is no whole number from 0.
    """
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
        return raw
    raise unfit(raw, "an address (whole number)")


def parse(text: str, answer: InodeAnswer) -> Given[int]:
    """Return the address. Of ``5-128-1`` (NTFS: record, attribute type, attribute id) the record counts.

    Raises:
        FormError: Not an address.
    """
    body = token(text)
    for _ in range(4):  # "inode no. 77", "FAT32: 77"
        label = _LABEL.match(body)
        if label is None:
            break
        body = body[label.end() :]
    attribute = _WITH_ATTRIBUTE.fullmatch(body)
    value, notices = whole_number(attribute[1] if attribute else body, "form-inode")
    if value < 0:
        raise FormError(
            "an address is not below 0", remedy="Write the number alone, for example 77.", code="form-inode"
        )
    return Given(value, spelling(value, answer), notices)


def spelling(value: int, answer: InodeAnswer) -> str:
    """Return the one spelling of a value; ``check_form`` gives the same for every answer that says it."""
    return str(value)


def known_values(answer: InodeAnswer, right: int, source: Source) -> Iterator[KnownValue]:
    """Yield the address of the directory, an older address of the same name, and the first cluster of the content."""
    for key, code, credit_percent in (
        ("parent", "F-PARENT", PARENT_PERCENT),
        ("previous", "F-OLD", PREVIOUS_PERCENT),
    ):
        if key in source.beside:
            yield KnownValue(code, source.beside[key], credit_percent)
    cluster = source.facts.get("first_cluster")
    if isinstance(cluster, int) and source.fact == "address":
        yield KnownValue("F-CLUS", cluster, CLUSTER_PERCENT)


def compare(given: Given[int], answer: InodeAnswer, expected: ExpectedAnswer) -> Verdict:
    """Return 100 for the address, the credit of a recognised one, else 0."""
    return judge(given.value, expected) or WRONG
