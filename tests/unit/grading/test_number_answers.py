import pytest

from labkit.errors import ContentError
from labkit.grading.answers.contract import FormError
from labkit.grading.expected import resolve
from labkit.grading.forms import check_form

from .a_case import CLOCK, CLUSTER, INODE, LBAS, OFFSET, PARTITION_START, SIZE, a_task, fact, truth_of, verdict

MEBIBYTE = a_task(type="INT", unit="bytes", value=1_048_576)
SIZE_BYTES = fact("file.size_bytes")
PLACE = fact("file.offset_bytes")


@pytest.mark.parametrize(
    "text",
    [
        "1048576", "1 048 576", "1\u00a0048\u00a0576", "1\u202f048\u202f576", "1,048,576", "1.048.576", "1'048'576",
        "1_048_576", "1٬048٬576", "0x100000", "0X10_0000", "0х100000", "100000h", "۱۰۴۸۵۷۶", "١٠٤٨٥٧٦",
        "１０４８５７６", "+1048576", "1048576 bytes", "1048576 B", "1 048 576 байт", " 1048576\u200f ",
    ],
)  # fmt: skip
def test_every_usual_spelling_of_a_number_is_read(text: str) -> None:
    assert check_form(MEBIBYTE, text) == "1048576"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,5", "form-int-fraction"), ("1.048", "form-int-fraction"), ("12 34", "form-int"), ("1e6", "form-int"),
        ("ff", "form-int"), ("0xzz", "form-int"), ("9" * 41, "form-int"), ("1O24", "letter-for-digit"),
        ("2048 sectors", "form-int-unit"), ("0x", "form-int"), ("-", "form-int"), ("1048,576,0", "form-int"),
    ],
)  # fmt: skip
def test_what_is_not_one_whole_number_is_refused(text: str, code: str) -> None:
    with pytest.raises(FormError) as caught:
        check_form(MEBIBYTE, text)

    assert caught.value.code == code
    assert caught.value.remedy


@pytest.mark.parametrize(("factor", "code"), [(512, "O-UNIT"), (8, "O-4K"), (1 / 512, "O-UNIT"), (1 / 8, "O-4K")])
def test_a_wrong_unit_earns_half(factor: float, code: str) -> None:
    found = verdict(MEBIBYTE, str(int(1_048_576 * factor)))

    assert (found.credit_percent, found.mistake) == (50, code)


@pytest.mark.parametrize("size_bytes", [4, 8])
def test_turned_bytes_are_named(size_bytes: int) -> None:
    cluster = fact("file.first_cluster")
    assert isinstance(cluster, int)
    swapped = int.from_bytes(cluster.to_bytes(size_bytes, "little"), "big")

    assert verdict(CLUSTER, str(swapped)).mistake == "O-END"
    assert verdict(CLUSTER, hex(swapped)).credit_percent == 25


def test_seconds_have_a_tolerance_and_a_sign() -> None:
    assert verdict(CLOCK, "435 s").credit_percent == 100
    assert verdict(CLOCK, "436").credit_percent == 0
    assert verdict(CLOCK, "−433").mistake == "T-SIGN"


@pytest.mark.parametrize(
    "text",
    [
        f"{PLACE} bytes", f"{PLACE} B", f"{PLACE} байт от начала диска", f"{PLACE:#x} bytes",
        f"byte {PLACE} of the disk",
        f"{PLACE // 512} sectors + 17 bytes", f"сектор {PLACE // 512}, байт 17", f"LBA {PLACE // 512} + 17 B (image)",
    ],
)  # fmt: skip
def test_a_place_is_read_in_either_unit(text: str) -> None:
    assert verdict(OFFSET, text).credit_percent == 100
    assert check_form(OFFSET, text) == f"{PLACE} bytes disk"


@pytest.mark.parametrize(
    ("text", "credit_percent", "mistake"),
    [
        (f"{fact('file.volume_offset_bytes')} bytes", 50, "O-BASE"),
        (f"{fact('file.volume_offset_bytes')} bytes from the partition", 100, None),
        (f"{fact('file.volume_offset_bytes')} bytes from the file", 50, "O-BASE"),
        (f"{PLACE} bytes from the partition", 50, "O-BASE"),
        (f"{PLACE} sectors", 50, "O-UNIT"),
        (f"{PLACE * 8} bytes", 50, "O-4K"),
        (f"{PLACE + 1} bytes", 60, "O-ONE"),
        (f"{PLACE // 512} sectors", 60, "O-BYTE"),
        (f"{PLACE + 300} bytes", 60, "O-BYTE"),
        (f"{PLACE + 3000} bytes", 0, None),
    ],
)
def test_a_place_that_is_off_is_named(text: str, credit_percent: int, mistake: str | None) -> None:
    found = verdict(OFFSET, text)

    assert (found.credit_percent, found.mistake) == (credit_percent, mistake)


def test_a_place_from_the_other_base_is_accepted_where_that_is_said() -> None:
    answer = {
        "type": "OFFSET",
        "base": "partition",
        "truth": "usb:file.volume_offset_bytes",
        "base_start": "usb:partition.offset_bytes",
    }
    said = verdict(a_task(**answer), f"{PLACE} bytes of the disk")
    insisted = verdict(a_task(**answer, base_required=True), f"{PLACE} bytes of the disk")

    assert (said.credit_percent, said.mistake, said.notices) == (100, None, ("base-stated",))
    assert (insisted.credit_percent, insisted.mistake, insisted.notices) == (50, "O-BASE", ("base-asked",))
    assert verdict(a_task(**answer), f"{PLACE} bytes").mistake == "O-BASE"
    assert verdict(a_task(**answer), f"{fact('file.volume_offset_bytes')} bytes").credit_percent == 100


@pytest.mark.parametrize("size_bytes", [2, 4, 8])
def test_a_place_whose_sector_number_was_read_in_the_other_order_is_named(size_bytes: int) -> None:
    task = a_task(type="OFFSET", base="disk", truth="usb:partition.offset_bytes")
    turned = int.from_bytes((PARTITION_START // 512).to_bytes(size_bytes, "little"), "big")

    for text in (f"{turned} sectors", f"{turned * 512} bytes"):
        found = verdict(task, text)
        assert (found.credit_percent, found.mistake) == (25, "O-END")


def test_the_last_sector_is_neither_the_next_one_nor_their_count() -> None:
    task = a_task(type="INT", unit="sectors", truth="usb:partition.last_sector")
    last, count = int(str(fact("partition.last_sector"))), int(str(fact("partition.size_sectors")))

    assert verdict(task, f"{last}").credit_percent == 100
    behind, length = verdict(task, f"{last + 1} sectors"), verdict(task, f"{count}")
    assert (behind.credit_percent, behind.mistake) == (50, "O-NEXT")
    assert (length.credit_percent, length.mistake) == (25, "O-LEN")


def test_slips_that_follow_from_the_facts_beside_are_named() -> None:
    size, cluster = int(str(SIZE_BYTES)), fact("photo.first_cluster")
    sectors = a_task(type="INT", unit="sectors", truth="usb:photo.offset_sectors")
    count = a_task(type="INT", unit="sectors", truth="usb:partition.size_sectors")
    place = a_task(type="OFFSET", base="disk", truth="usb:photo.offset_bytes")
    clusters = a_task(type="INT", unit="clusters", truth="usb:photo.first_cluster")

    assert verdict(SIZE, str(-(-size // 4096) * 4096)).mistake == "F-ROUND"
    assert verdict(count, str(int(str(fact("partition.size_sectors"))) - 1)).mistake == "O-LAST"
    assert verdict(sectors, str(cluster)).mistake == "O-CLUS"
    assert verdict(place, f"sector {cluster}").mistake == "O-CLUS"
    assert verdict(clusters, str(fact("photo.offset_sectors"))).mistake == "O-CLUS"
    assert verdict(INODE, str(fact("file.first_cluster"))).mistake == "F-CLUS"


def test_a_guess_inside_a_small_file_earns_nothing_for_its_sector() -> None:
    task = a_task(type="OFFSET", base="file", value=700)

    assert verdict(task, "600 bytes").credit_percent == 0
    assert verdict(task, "701 bytes").mistake == "O-ONE"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2048", "form-offset-unit"), ("64 KiB", "form-offset-unit"), ("bytes", "form-offset"),
        ("2 sectors 3 sectors", "form-offset"), ("100abc bytes", "form-offset"), ("0x10zz bytes", "form-offset"),
        ("5 bytes of the file on the disk", "form-offset-base"), ("1,5 bytes", "form-int-fraction"),
    ],
)  # fmt: skip
def test_a_place_without_unit_or_with_two_meanings_is_refused(text: str, code: str) -> None:
    with pytest.raises(FormError) as caught:
        check_form(OFFSET, text)

    assert caught.value.code == code
    assert "bytes" in caught.value.remedy or "disk" in caught.value.remedy or "point" in caught.value.remedy


@pytest.mark.parametrize("form", ["{}", "{}-128-1", "{}-128-1:stream", "inode {}", "FAT32: {}", "#{}", "inode no. {}"])
def test_an_address_is_read_as_tools_print_it(form: str) -> None:
    assert verdict(INODE, form.format(fact("file.address"))).credit_percent == 100


def test_the_address_of_the_directory_is_named() -> None:
    found = verdict(INODE, "997")

    assert (found.credit_percent, found.mistake) == (25, "F-PARENT")
    older = a_task(type="INODE", truth="usb:file.address", previous="usb:file.parent_address")
    assert verdict(older, "997").mistake == "F-OLD"
    with pytest.raises(FormError, match="not below 0"):
        check_form(INODE, "-3")


def test_sector_numbers_may_be_a_list_a_column_or_ranges() -> None:
    first, second, third = fact("file.lbas")
    for text in (
        f"{first},{second};{third}",
        f"{third}\n{second}\n{first}",
        f"{first}-{second}, {third}",
        f"{first}..{second}\n{third}",
        f"{first} {second} {third}",
    ):
        assert verdict(LBAS, text).credit_percent == 100, text


def test_a_set_is_scored_by_f1_so_that_extras_cost() -> None:
    first, second, third = fact("file.lbas")
    missing = verdict(LBAS, f"{first}, {second}")
    extra = verdict(LBAS, f"{first}, {second}, {third}, 9")
    both = verdict(LBAS, f"{first}, 9")

    assert (missing.credit_percent, missing.notices) == (80, ("set-missing",))
    assert (extra.credit_percent, extra.notices) == (85, ("set-extra",))
    assert (both.credit_percent, both.notices) == (40, ("set-missing", "set-extra"))
    assert verdict(LBAS, "7, 8, 9").credit_percent == 0
    assert verdict(LBAS, f"{first * 512}, {second * 512}, {third * 512}").mistake == "O-UNIT"


@pytest.mark.parametrize(
    ("text", "message"), [("1-99999", "more than"), ("9-1", "ends before"), (" , ;", "no token"), ("a", "whole number")]
)
def test_a_list_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(FormError, match=message):
        check_form(LBAS, text)


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "INT", "unit": "bytes", "truth": "usb:file.name"},
        {"type": "OFFSET", "base": "disk", "value": -1},
        {"type": "INODE", "truth": "usb:file.path"},
        {"type": "SET", "tokens": "int", "truth": "usb:file.words"},
        {"type": "OFFSET", "base": "disk", "value": 1, "base_start": "usb:file.name"},
    ],
)
def test_a_right_answer_of_another_kind_is_our_fault(answer: dict[str, object]) -> None:
    with pytest.raises(ContentError) as caught:
        resolve(a_task(**answer), truth_of())

    assert "exercise.toml" in caught.value.remedy


def test_the_numbers_of_the_case_are_what_the_tests_think() -> None:
    assert isinstance(PLACE, int)
    assert fact("file.volume_offset_bytes") == PLACE - PARTITION_START
    assert verdict(SIZE, str(SIZE_BYTES)).credit_percent == 100


def test_the_image_is_the_file_where_nothing_else_is_counted_from() -> None:
    task = a_task(type="OFFSET", base="file", value=700)

    assert verdict(task, "700 bytes of the image") == verdict(task, "700 bytes")
    assert verdict(task, "700 bytes of the partition").mistake == "O-BASE"


def test_a_virtual_address_has_no_sectors() -> None:
    task = a_task(type="OFFSET", base="memory", value=0x7F00_0000_1200)

    assert verdict(task, "0x7f0000001200 bytes, virtual").credit_percent == 100
    assert verdict(task, "0x7f0000001210 bytes").credit_percent == 0


def test_several_numbers_can_be_one_mistake() -> None:
    task = a_task([{"code": "O-LAST", "truth": "usb:file.lbas"}], type="INT", unit="count", value=1)

    assert {verdict(task, str(lba)).mistake for lba in fact("file.lbas")} == {"O-LAST"}
