import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.prefetch import Prefetch, PrefetchFile, PrefetchVolume, prefetch_hash, prefetch_name
from labkit.synthesis.artifacts.xpress_huffman import code_lengths

BEGIN = datetime(2026, 2, 1, 8, 0, 1, 123456, tzinfo=UTC)


def a_prefetch(runs: int = 3) -> Prefetch:
    files = (
        PrefetchFile("\\Windows\\System32\\ntdll.dll", 100, 1),
        PrefetchFile("\\Users\\Айгуль\\Documents\\План.docx", 200, 3),
        PrefetchFile("\\$Mft", 0, 1),
    )
    prefetch = Prefetch("kf_tool.exe", 0x1234ABCD, (PrefetchVolume(BEGIN, 0xAABBCCDD, files),))
    for number in range(runs):
        prefetch = prefetch.run(BEGIN + timedelta(hours=number))
    return prefetch


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("\\DEVICE\\HARDDISKVOLUME2\\WINDOWS\\SYSTEM32\\CMD.EXE", "CMD.EXE-4A81B364.pf"),
        ("\\Device\\HarddiskVolume2\\Windows\\System32\\calc.exe", "CALC.EXE-77FDF17F.pf"),
        ("\\DEVICE\\HARDDISKVOLUME3\\WINDOWS\\SYSTEM32\\CMD.EXE", "CMD.EXE-0BD30981.pf"),
        ("\\DEVICE\\HARDDISKVOLUME3\\WINDOWS\\SYSTEM32\\NOTEPAD.EXE", "NOTEPAD.EXE-C5670914.pf"),
    ],
)
def test_names_are_those_that_windows_gives(place: str, name: str) -> None:
    assert prefetch_name(place.rpartition("\\")[2], prefetch_hash(place)) == name


def test_a_long_name_is_cut_after_29_letters() -> None:
    assert prefetch_name("a" * 40 + ".exe", 1) == "A" * 29 + "-00000001.pf"


def test_a_run_is_counted_and_stands_first_among_eight() -> None:
    prefetch = a_prefetch(10)

    assert prefetch.run_count == 10
    assert prefetch.last_runs == tuple(BEGIN + timedelta(hours=number) for number in range(9, 1, -1))
    assert a_prefetch(9).run_count == 9


def test_volumes_are_named_by_creation_and_serial() -> None:
    (volume,) = a_prefetch().volumes

    assert volume.device_path == "\\VOLUME{01dc9350c41ded00-aabbccdd}"
    assert volume.paths[1] == f"{volume.device_path}\\USERS\\АЙГУЛЬ\\DOCUMENTS\\ПЛАН.DOCX"
    assert volume.directories == tuple(
        f"{volume.device_path}\\{path}"
        for path in ("USERS", "USERS\\АЙГУЛЬ", "USERS\\АЙГУЛЬ\\DOCUMENTS", "WINDOWS", "WINDOWS\\SYSTEM32")
    )


@pytest.mark.parametrize(
    ("prefetch", "message", "remedy"),
    [
        (a_prefetch(0), "0 times of 0 runs", "times of its last runs"),
        (replace(a_prefetch(3), run_count=2), "3 times of 2 runs", "count each"),
        (replace(a_prefetch(3), last_runs=(BEGIN,) * 9, run_count=20), "9 times of 20 runs", "up to 8"),
        (replace(a_prefetch(3), volumes=()), "at least its own file", "Name the files"),
        (a_prefetch(0).run(datetime(2026, 1, 1)), "has no zone", "aware time"),  # noqa: DTZ001
    ],
)
def test_what_can_not_be_is_refused(prefetch: Prefetch, message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        prefetch.render()
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("make", "message", "remedy"),
    [
        (lambda: PrefetchFile("C:\\a.exe", 1, 1), "does not begin on its volume", "without a drive letter"),
        (lambda: PrefetchFile("\\a.exe", 1 << 48, 1), "no MFT record 281474976710656", "below 2.48"),
        (lambda: PrefetchFile("\\a.exe", 1, 1 << 16), "sequence number 65536", "below 2.16"),
        (lambda: PrefetchVolume(BEGIN, 1 << 32, ()), "0x100000000 is not the serial number", "32 bits"),
    ],
)
def test_numbers_and_paths_that_ntfs_does_not_have_are_refused(
    make: Callable[[], object], message: str, remedy: str
) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        make()
    assert re.search(remedy, caught.value.remedy)


def test_no_code_is_longer_than_15_bits_and_all_fit() -> None:
    fibonacci = [1, 1]
    while len(fibonacci) < 30:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    for counts in (fibonacci, [1] * 512, [0, 5, 0, 9], [1, 10**6]):
        lengths = code_lengths(counts)

        assert max(lengths) <= 15
        assert [bool(length) for length in lengths] == [bool(count) for count in counts]
        assert sum(2 ** (15 - length) for length in lengths if length) == 2**15
    assert code_lengths([8, 4, 2, 1, 1]) == [1, 2, 3, 4, 4]


GOLDEN = "e1ed3e49a273a5b5fd24cb6070ff29be714970a13a5cd8eaed05aa9b7cd9eb85"


def test_the_bytes_are_the_known_ones() -> None:
    assert hashlib.sha256(a_prefetch().render()).hexdigest() == GOLDEN


def test_another_process_writes_the_same_bytes() -> None:
    program = (
        "import hashlib\n"
        "from tests.unit.synthesis.artifacts.test_prefetch import a_prefetch\n"
        "print(hashlib.sha256(a_prefetch().render()).hexdigest())"
    )
    surroundings = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kabul", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **surroundings}, capture_output=True, check=True, timeout=60
    )

    assert done.stdout.decode().strip() == GOLDEN
