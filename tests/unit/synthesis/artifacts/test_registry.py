import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.registry import Hive, RegistryValue
from labkit.synthesis.artifacts.registry_tree import name_key

BEGIN = datetime(2026, 2, 1, 8, 0, 1, 123456, tzinfo=UTC)
LATER = BEGIN + timedelta(days=3)


def a_hive() -> Hive:
    hive = Hive("\\??\\C:\\Users\\aliya\\ntuser.dat", "CMI-CreateHive{0000}", BEGIN)
    hive.set("Software\\Example\\Дневник", "Имя", RegistryValue.text("گزارش نهایی"), BEGIN)
    hive.set("Software\\Example\\Дневник", "", RegistryValue.dword(7), BEGIN)
    hive.set("Software\\Example", "Path", RegistryValue.expandable("%SystemRoot%\\x"), BEGIN)
    hive.set("Software\\Example", "Big", RegistryValue.binary(bytes(range(256)) * 130), BEGIN)
    hive.set("Software\\Example\\Gone", "Was", RegistryValue.qword(2**40), BEGIN)
    hive.delete_key("Software\\Example\\Gone", LATER)
    return hive


def test_what_was_set_is_there_whatever_the_case() -> None:
    hive = a_hive()

    assert hive.value("SOFTWARE\\example\\дНЕВНИК", "имя") == RegistryValue.text("گزارش نهایی")
    key = hive.key("software\\EXAMPLE")
    assert key is not None
    assert [named.name for named in key.values] == ["Path", "Big"]
    assert key.name == "Example"


def test_what_is_not_there_is_none() -> None:
    hive = a_hive()

    assert hive.key("Software\\Missing\\Deeper") is None
    assert hive.value("Software\\Missing", "x") is None
    assert hive.value("Software\\Example", "x") is None
    assert hive.key("") is hive.root


def test_a_change_moves_the_time_of_its_key_and_of_a_key_that_gets_a_subkey() -> None:
    hive = Hive("SYSTEM", "ROOT", BEGIN)
    hive.make_key("A\\B", BEGIN)
    times = [BEGIN + timedelta(minutes=minute) for minute in range(1, 6)]

    def written() -> list[datetime]:
        return [key.last_written for path in ("", "A", "A\\B") if (key := hive.key(path))]

    hive.set("A\\B", "v", RegistryValue.dword(1), times[0])
    assert written() == [BEGIN, BEGIN, times[0]]
    hive.make_key("A\\C", times[1])
    assert written() == [BEGIN, times[1], times[0]]
    hive.make_key("a\\c", times[2])
    assert written() == [BEGIN, times[1], times[0]], "a key that is there is not written"
    hive.delete_value("A\\B", "V", times[3])
    assert written() == [BEGIN, times[1], times[3]]
    hive.delete_key("A\\C", times[4])
    assert written() == [BEGIN, times[4], times[3]]


def test_a_value_that_is_set_again_keeps_its_place_and_its_spelling() -> None:
    hive = Hive("SYSTEM", "ROOT", BEGIN)
    for name in ("One", "Two", "ONE"):
        hive.set("K", name, RegistryValue.text(name), LATER)

    key = hive.key("K")
    assert key is not None
    assert [(named.name, named.value.shown_text) for named in key.values] == [("One", "ONE"), ("Two", "Two")]


def test_subkeys_stand_in_the_order_of_their_upper_case_names() -> None:
    hive = Hive("SYSTEM", "ROOT", BEGIN)
    for name in ("б", "a_b", "aB", "Я", "A-", "ﬁ", "😀", "Z"):
        hive.make_key(name, BEGIN)

    assert [key.name for key in hive.root.subkeys] == ["A-", "aB", "a_b", "Z", "б", "Я", "😀", "ﬁ"]


def test_only_letters_that_are_pairs_change_their_case() -> None:
    assert name_key("aß ıµſ яёґ ńέ ﬁ ǆ") == "Aß ıµſ ЯЁҐ ŃΈ ﬁ Ǆ"


def test_a_fork_and_its_parent_do_not_see_each_other() -> None:
    hive = a_hive()
    before = hive.render(LATER)
    fork = hive.fork()
    fork.set("Software\\Example", "Path", RegistryValue.text("other"), LATER)
    fork.delete_key("Software\\Example\\Дневник", LATER)

    assert hive.render(LATER) == before
    changed = fork.render(LATER)
    hive.make_key("New", LATER)
    assert fork.render(LATER) == changed


def test_a_fork_shares_the_keys_that_it_does_not_change() -> None:
    hive = Hive("SYSTEM", "ROOT", BEGIN)
    hive.make_key("A\\B", BEGIN)
    hive.make_key("C\\D", BEGIN)
    fork = hive.fork()
    fork.set("A\\B", "v", RegistryValue.dword(1), LATER)

    assert fork.key("C") is hive.key("C")
    assert fork.key("A") is not hive.key("A")


@pytest.mark.parametrize(
    ("path", "name", "message", "remedy"),
    [
        ("A\\\\B", "v", "empty name", "one backslash"),
        ("\\A", "v", "empty name", "one backslash"),
        ("x" * 256, "v", "256 UTF-16 units", "Shorten"),
        ("😀" * 128, "v", "256 UTF-16 units", "Shorten"),
        ("A\0", "v", "NUL", "leave NUL"),
        ("A", "v" * 16384, "16384 UTF-16 units", "Shorten"),
        ("A", "v\0", "NUL", "leave NUL"),
        ("A\ud800", "v", "half of a surrogate pair", "whole characters"),
        ("\\".join("k" * 512), "v", "512 keys lie below each other", "Shorten the path"),
    ],
)
def test_a_name_that_windows_does_not_allow_is_refused(path: str, name: str, message: str, remedy: str) -> None:
    hive = a_hive()
    root = hive.root

    with pytest.raises(SynthesisError, match=message) as caught:
        hive.set(path, name, RegistryValue.dword(1), LATER)

    assert remedy in caught.value.remedy
    assert hive.root is root


def test_keys_may_lie_as_deep_as_windows_allows() -> None:
    hive = Hive("SYSTEM", "ROOT", BEGIN)
    hive.make_key("\\".join("k" * 511), BEGIN)
    live = hive.render(LATER)
    hive.delete_key("k", LATER)

    assert live.count(b"nk") == hive.render(LATER).count(b"nk") == 512


def test_what_is_not_there_can_not_be_deleted() -> None:
    hive = a_hive()

    with pytest.raises(SynthesisError, match="no value 'No' in 'Software'") as caught:
        hive.delete_value("Software", "No", LATER)
    assert "earlier in the story" in caught.value.remedy
    with pytest.raises(SynthesisError, match=r"no key 'Software\\\\No'") as caught:
        hive.delete_key("Software\\No", LATER)
    assert "earlier in the story" in caught.value.remedy
    with pytest.raises(SynthesisError, match="root key") as caught:
        hive.delete_key("", LATER)
    assert "below it" in caught.value.remedy


@pytest.mark.parametrize(
    ("at", "message", "remedy"),
    [
        (datetime(2026, 1, 1), "has no zone", "aware time"),  # noqa: DTZ001
        (datetime(1600, 12, 31, tzinfo=UTC), "before 1601", "later time"),
    ],
)
def test_a_time_that_windows_can_not_hold_is_refused(at: datetime, message: str, remedy: str) -> None:
    hive = a_hive()
    root = hive.root

    for act in (
        lambda: hive.set("A", "v", RegistryValue.dword(1), at),
        lambda: hive.delete_key("Software", at),
        lambda: hive.render(at),
        lambda: Hive("SYSTEM", "ROOT", at),
        lambda: RegistryValue.filetime(at),
    ):
        with pytest.raises(SynthesisError, match=message) as caught:
            act()
        assert remedy in caught.value.remedy
    assert hive.root is root


def test_values_hold_what_readers_show() -> None:
    assert RegistryValue.text("Имя").shown_text == "Имя"
    assert RegistryValue.dword(2**32 - 1).number == 2**32 - 1
    assert RegistryValue.multi(["a", "б"]).data == "a\0б\0\0".encode("utf-16-le")
    assert RegistryValue.multi([]).data == b"\0\0"
    assert RegistryValue.filetime(datetime(1601, 1, 1, 0, 0, 1, tzinfo=UTC)).number == 10**7


@pytest.mark.parametrize("number", [-1, 2**32])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(SynthesisError, match=f"{number} does not fit into 4 bytes") as caught:
        RegistryValue.dword(number)
    assert "2^32" in caught.value.remedy
    if number > 0:
        assert RegistryValue.qword(number).number == number


def test_a_list_with_an_empty_text_is_refused() -> None:
    with pytest.raises(SynthesisError, match="ends at an empty text") as caught:
        RegistryValue.multi(["a", "", "b"])
    assert "Leave empty texts out" in caught.value.remedy


GOLDEN = "3cb797de90a5f085156b7f3b2833e21d4a00b879ed2df6954576377173823628"


def test_the_bytes_are_the_known_ones() -> None:
    assert hashlib.sha256(a_hive().render(LATER)).hexdigest() == GOLDEN


def test_another_process_writes_the_same_bytes() -> None:
    program = (
        "import hashlib\n"
        "from tests.unit.synthesis.artifacts.test_registry import LATER, a_hive\n"
        "print(hashlib.sha256(a_hive().render(LATER)).hexdigest())"
    )
    surroundings = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kabul", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **surroundings}, capture_output=True, check=True, timeout=60
    )

    assert done.stdout.decode().strip() == GOLDEN
