"""Prefetch files and their compression, as libscca, libfwnt, dissect.util and windowsprefetch see them."""

import io
from datetime import UTC, datetime, timedelta

import pytest

from labkit.synthesis.artifacts.prefetch import Prefetch, PrefetchFile, PrefetchVolume
from labkit.synthesis.artifacts.xpress_huffman import BLOCK_BYTES, compress
from labkit.synthesis.streams import Stream

pytestmark = pytest.mark.oracle

SEEDS = range(20)
BEGIN = datetime(2026, 2, 1, 8, 0, 1, 123456, tzinfo=UTC)
NAMES = ("ntdll.dll", "Отчёт.docx", "گزارش.pdf", "kf_tool.exe", "$Mft", "x" * 100 + ".dat", "R000000000006.clb")
FOLDERS = ("", "\\Windows\\System32", "\\Users\\Айгуль\\Documents", "\\Program Files\\KF Tool", "\\$Extend")


def a_prefetch(seed: int) -> Prefetch:
    stream = Stream(bytes([seed]), "prefetch")
    volumes = tuple(
        PrefetchVolume(
            BEGIN - timedelta(microseconds=stream.below(10**15)),
            stream.below(2**32),
            tuple(
                PrefetchFile(
                    f"{stream.pick(FOLDERS)}\\{stream.below(10**6)} {stream.pick(NAMES)}",
                    stream.below(2**32),
                    stream.below(2**16),
                )
                for _ in range(stream.pick((1, 5, 40, 400)))
            ),
        )
        for _ in range(stream.between(1, 3))
    )
    program = stream.pick(("KF_TOOL.EXE", "Программа.exe", "a" * 40 + ".exe"))
    prefetch = Prefetch(program, stream.below(2**32), volumes)
    for _ in range(stream.pick((1, 2, 7, 8, 9, 30))):
        prefetch = prefetch.run(BEGIN + timedelta(microseconds=stream.below(10**14)))
    return prefetch


@pytest.mark.seeds
@pytest.mark.parametrize("seed", SEEDS)
def test_libscca_reads_what_was_written(seed: int) -> None:
    pyscca = pytest.importorskip("pyscca")
    prefetch = a_prefetch(seed)
    file = pyscca.file()
    file.open_file_object(io.BytesIO(prefetch.render()))

    assert file.format_version == 30
    assert file.executable_filename == prefetch.program.upper()[:29]
    assert file.prefetch_hash == prefetch.hash
    assert file.run_count == prefetch.run_count
    epoch = datetime(1601, 1, 1, tzinfo=UTC)
    times = [file.get_last_run_time(number).replace(tzinfo=UTC) for number in range(8)]
    assert times == [*prefetch.last_runs, *[epoch] * (8 - len(prefetch.last_runs))]
    assert list(file.filenames) == [path for volume in prefetch.volumes for path in volume.paths]
    volumes = [file.get_volume_information(number) for number in range(file.number_of_volumes)]
    shown = [(volume.device_path, volume.creation_time.replace(tzinfo=UTC), volume.serial_number) for volume in volumes]
    assert shown == [(volume.device_path, volume.created, volume.serial) for volume in prefetch.volumes]
    references = [entry.file_reference for entry in file.file_metrics_entries]
    assert references == [
        entry.mft_record | entry.mft_sequence << 48 for volume in prefetch.volumes for entry in volume.files
    ]


@pytest.mark.seeds
@pytest.mark.parametrize("seed", SEEDS)
def test_windowsprefetch_reads_files_volumes_and_directories(seed: int) -> None:
    """It unpacks MAM only on Windows, so libfwnt does that; it does not know the place of this variant's run count."""
    library, fwnt = pytest.importorskip("windowsprefetch.windowsprefetch"), pytest.importorskip("pyfwnt")
    prefetch = a_prefetch(seed)
    data = prefetch.render()
    assert data[:4] == b"MAM\x04"
    unpacked = io.BytesIO(fwnt.lzxpress_huffman_decompress(data[8:], int.from_bytes(data[4:8], "little")))
    read = object.__new__(library.Prefetch)
    read.parseHeader(unpacked)
    read.fileInformation26(unpacked)
    read.volumeInformation30(unpacked)
    read.getFilenameStrings(unpacked)

    assert (read.version, read.fileSize) == (30, len(unpacked.getvalue()))
    assert read.executableName == prefetch.program.upper()[:29]
    assert int(read.hash or "0", 16) == prefetch.hash
    assert read.metricsOffset == 0x128
    assert read.metricsCount == read.traceChainsCount == len(read.resources)
    assert read.resources == [path for volume in prefetch.volumes for path in volume.paths]
    assert [entry["Volume Name"].decode("utf-16-le") for entry in read.volumesInformationArray] == [
        volume.device_path for volume in prefetch.volumes
    ]
    for shown, volume in zip(read.directoryStringsArray, prefetch.volumes, strict=True):
        folders = {file.path.upper().rpartition("\\")[0] for file in volume.files}
        wanted = {f"{volume.device_path}{folder}" for folder in folders if folder}
        assert wanted <= {path.rstrip("\0") for path in shown}


SAMPLES = {
    "one byte": b"a",
    "three bytes": b"abc",
    "zeros": bytes(1000),
    "zeros over blocks": bytes(200_000),
    "a block": bytes(number % 251 for number in range(BLOCK_BYTES)),
    "a block and a byte": bytes(number % 251 for number in range(BLOCK_BYTES + 1)),
    "noise": Stream(b"a", "noise").take(3000),
    "noise over blocks": Stream(b"b", "noise").take(70_000),
    "noise twice": Stream(b"c", "noise").take(40_000) * 2,
    "few letters": bytes(byte % 3 for byte in Stream(b"d", "noise").take(100_000)),
    "rare letters": b"".join(bytes((number,)) * 2**number for number in range(16)),
    "text": "".join(f"\\VOLUME{{1}}\\{number * 7919 % 1000}.DLL\0" for number in range(3000)).encode("utf-16-le"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_libfwnt_gets_the_data_back(name: str) -> None:
    fwnt = pytest.importorskip("pyfwnt")
    data = SAMPLES[name]

    assert fwnt.lzxpress_huffman_decompress(compress(data), len(data)) == data


@pytest.mark.parametrize("name", ["zeros", "noise", "noise over blocks", "noise twice", "few letters", "text"])
def test_dissect_gets_the_data_back(name: str) -> None:
    """It takes the end mark for a match of three bytes, so some more bytes may follow."""
    xpress = pytest.importorskip("dissect.util.compression.lzxpress_huffman")
    data = SAMPLES[name]
    read = xpress.decompress(compress(data))

    assert read[: len(data)] == data
    assert len(read) - len(data) in (0, 3)


@pytest.mark.seeds
@pytest.mark.parametrize("seed", SEEDS)
def test_random_mixtures_come_back(seed: int) -> None:
    fwnt = pytest.importorskip("pyfwnt")
    stream, data = Stream(bytes([seed]), "mixture"), b""
    for _ in range(stream.between(1, 60)):
        piece = stream.take(stream.between(1, 60))
        start = stream.below(len(data) + 1)
        data += piece * stream.pick((1, 1, 3, 300)) + data[start : start + stream.below(400)]

    assert fwnt.lzxpress_huffman_decompress(compress(data), len(data)) == data
