import pytest

from labkit.errors import ContentError
from labkit.grading.answers.contract import FormError
from labkit.grading.expected import resolve
from labkit.grading.forms import check_form

from .a_case import PARTITION_START, REGION, a_task, fact, truth_of, verdict

START = int(str(fact("photo.offset_bytes")))
LENGTH = 50_001
IN_SECTORS = a_task(type="REGION", base="disk", value=[2048 * 512, 100 * 512])


@pytest.mark.parametrize(
    "text",
    [
        "start 2048, length 100 sectors",
        "start=2048 length=100 sectors",
        "2048 + 100 sectors",
        "sectors 2048, 100",
        "2048-2147 sectors",
        "2048 … 2147 sectors of the disk",
        "sector 2048 to sector 2147",
        "1048576 bytes, 51200 bytes",
        "2048 sectors\n51200 bytes",
        "0x800 .. 0x863 sectors",
        "start 2 048, end 2 147 sectors",
        "начало ۲۰۴۸, длина ۱۰۰ секторов",
        "секторы с 2048 по 2147",
        "\u202bначало 1\u00a0048\u00a0576, длина 51\u00a0200 байт\u202c",
    ],
)
def test_a_region_is_read_as_people_write_it(text: str) -> None:
    assert check_form(IN_SECTORS, text) == "start 1048576, length 51200 bytes disk"
    assert verdict(IN_SECTORS, text).credit_percent == 100


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2048", "form-region"), ("2048, 100", "form-offset-unit"), ("1 2 3 bytes 4 bytes", "form-int-fraction"),
        ("200-100 sectors", "form-region"), ("start 5, length 0 bytes", "form-region"), ("abc", "form-region"),
        ("start 1, length 2 bytes of the file on the disk", "form-offset-base"), ("5abc, 7 bytes", "form-region"),
        ("start 1O, length 5 bytes", "form-region"),
    ],
)  # fmt: skip
def test_what_is_no_region_is_refused(text: str, code: str) -> None:
    with pytest.raises(FormError) as caught:
        check_form(REGION, text)

    assert caught.value.code in (code, "form-region")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("start", "length", "credit_percent", "mistake"),
    [
        (START, LENGTH, 100, None),
        (START, LENGTH - LENGTH // 11, 100, None),
        (START + 20_000, LENGTH, 0, None),
        (START, LENGTH * 6 // 10, 50, "K-SHORT"),
        (START, LENGTH * 2 // 5, 0, "K-SHORT"),
        (START - 512, LENGTH + 512, 100, None),
        (START, LENGTH + LENGTH // 2, 50, "K-END"),
        (START, LENGTH * 3, 0, "K-END"),
        (START, 512, 0, "K-SHORT"),
        (START * 512, LENGTH * 512, 50, "O-UNIT"),
        (START, LENGTH * 512, 50, "O-UNIT"),
        (START // 8, LENGTH // 8, 50, "O-4K"),
        (START, START + LENGTH, 25, "O-LEN"),
    ],
)
def test_credit_goes_by_overlap_and_mistakes_are_named(
    start: int, length: int, credit_percent: int, mistake: str | None
) -> None:
    found = verdict(REGION, f"start {start}, length {length} bytes")

    assert (found.credit_percent, found.mistake) == (credit_percent, mistake)


def test_the_thumbnail_inside_is_named_before_anything_else() -> None:
    text = f"start {fact('thumbnail.offset_bytes')}, length {fact('thumbnail.size_bytes')} bytes"

    assert verdict(REGION, text).mistake == "K-THUMB"


def test_half_of_a_region_is_said_to_be_half() -> None:
    assert verdict(REGION, f"start {START}, length {LENGTH * 6 // 10} bytes").notices == ("region-half",)


def test_another_base_costs_nothing_where_it_is_said() -> None:
    inside = fact("photo.volume_offset_bytes")
    silent = verdict(REGION, f"start {inside}, length {LENGTH} bytes")
    said = verdict(REGION, f"start {inside}, length {LENGTH} bytes, from the partition")
    wrong = verdict(REGION, f"start {START}, length {LENGTH} bytes, from the partition")

    assert (silent.credit_percent, silent.mistake) == (50, "O-BASE")
    assert (said.credit_percent, said.mistake, said.notices) == (100, None, ("base-stated",))
    assert (wrong.credit_percent, wrong.mistake) == (50, "O-BASE")


def test_a_base_that_is_said_is_believed_before_the_overlap() -> None:
    long = a_task(type="REGION", base="disk", value=[PARTITION_START, 2**30], base_start="usb:partition.offset_bytes")

    assert verdict(long, f"start 0, length {2**30} bytes, from the partition").notices == ("base-stated",)
    assert verdict(long, f"start {PARTITION_START}, length {2**30} bytes").credit_percent == 100


@pytest.mark.parametrize(
    "answer",
    [
        {"value": [1]},
        {"value": [1, 0]},
        {"value": [-1, 5]},
        {"value": ["1", "5"]},
        {"truth": "usb:photo.offset_bytes"},
        {"truth": ["usb:photo.offset_bytes", "usb:file.name"]},
    ],
)
def test_a_right_answer_that_is_no_pair_is_our_fault(answer: dict[str, object]) -> None:
    with pytest.raises(ContentError, match="start and length"):
        resolve(a_task(type="REGION", base="disk", **answer), truth_of())
