"""The logs of other tools give the same record; samples are handmade in the form that each tool writes."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from labkit.acquisition.logs.reading import read_log
from labkit.acquisition.record import read_record, write_record
from labkit.errors import AcquisitionError
from labkit.hashing import digest_file
from labkit.model.acquisition import ProvenanceRecord, SectorRun
from labkit.zones import zone_or_none
from tests.oracles import oracle
from tests.unit.acquisition.devices import MIB, medium_bytes

MD5, SHA1, SHA256 = "9a" * 16, "8b" * 20, "7c" * 32
ALMATY = zone_or_none("Asia/Almaty")

FTK = f"""\
Created By AccessData® FTK® Imager 4.7.1.2\x20

Case Information:\x20
Acquired using: ADI4.7.1.2
Case Number: NV-2026-0417
Evidence Number: KF-02
Unique description: red USB stick
Examiner: M. Solen
Notes:\x20\x20

--------------------------------------------------------------

Information for E:\\images\\KF-06:

Physical Evidentiary Item (Source) Information:
[Device Info]
 Source Type: Physical
[Drive Geometry]
 Cylinders: 8
 Tracks per Cylinder: 255
 Sectors per Track: 63
 Bytes per Sector: 512
 Sector Count: 131.072
[Physical Drive Information]
 Drive Model: Fenwick Data Stick USB Device
 Drive Serial Number: FW-20417-0093
 Drive Interface Type: USB
 Removable drive: True
 Source data size: 64 MB
 Sector count:    131072
[Computed Hashes]
 MD5 checksum:    {MD5}
 SHA1 checksum:   {SHA1}

ATTENTION:
 The following sector(s) on the source drive could not be read:
   40960 through 40962
   40963 through 40967
   52001
 The contents of these sectors were replaced with zeros in the image.

Image Information:
 Acquisition started:   Fri Apr 17 10:02:11 2026
 Acquisition finished:  Fri Apr 17 10:02:58 2026
 Segment list:
  E:\\images\\KF-06.E01
  E:\\images\\KF-06.E02

Image Verification Results:
 Verification started:  Fri Apr 17 10:02:59 2026
 Verification finished: Fri Apr 17 10:03:20 2026
 MD5 checksum:    {MD5} : verified
 SHA1 checksum:   {SHA1} : verified
"""

BAD = "During acquisition, 6 bad sectors have been encountered. They have been replaced by zeroed sectors."
GUYMAGER = f"""\

GUYMAGER ACQUISITION INFO FILE
==============================

Guymager
========

Version              : 0.8.13-1
Version timestamp    : 2020-11-22-12.00.00 UTC
Compiled with        : gcc 10.2.0
libguytools version  : 2.1.0


Device information
==================
Command executed: bash -c "smartctl -s on /dev/sdc ; smartctl -a /dev/sdc"
Information returned:
----------------------------------------------------------------------------------------------------
   Device Model:     Fenwick Data Stick
   Serial Number:    FW-20417-0093
   User Capacity:    67,108,864 bytes [67.1 MB]


Acquisition
===========

Linux device            : /dev/sdc
Device size             : 67108864 (67.1MB)
Format                  : Expert Witness Format, sub-format Guymager - file extension is .Exx
Image meta data
   Case number          : NV-2026-0417
   Evidence number      : KF-02
   Examiner             : M. Solen
   Description          : red USB stick
   Notes                : FW-20417-0093
Image path and file name: /media/images/KF-06.Exx
Info  path and file name: /media/images/KF-06.info
Hash calculation        : MD5 and SHA-256
Source verification     : off
Image verification      : on

{BAD} The sector numbers are:
   40960-40962, 40964,
   52001-52002
State: Finished successfully (with 6 bad sectors)

MD5 hash                   : {MD5}
MD5 hash verified source   : --
MD5 hash verified image    : {MD5}
SHA1 hash                  : --
SHA1 hash verified source  : --
SHA1 hash verified image   : --
SHA256 hash                : {SHA256}
SHA256 hash verified source: --
SHA256 hash verified image : {SHA256}
Image verification OK. The image contains exactely the data that was written.

Acquisition started : 2026-04-17 10:02:11 (ISO format YYYY-MM-DD HH:MM:SS)
Verification started: 2026-04-17 10:02:58
Ended               : 2026-04-17 10:03:20 (0 hours, 1 minutes and 9 seconds)
Acquisition speed   : 1.36 MByte/s (0 hours, 0 minutes and 47 seconds)


Generated image files and their MD5 hashes
==========================================

No MD5 hashes available (configuration parameter CalcImageFileMD5 is off)
MD5                               Image file
n/a                               KF-06.E01
n/a                               KF-06.E02
"""

DC3DD = f"""\

dc3dd 7.2.646 started at 2026-04-17 10:02:11 +0500
compiled options:
command line: dc3dd if=/dev/sdc hof=/mnt/KF-06.dd hash=md5 hash=sha256 log=KF-06.log
device size: 131072 sectors (probed),       67,108,864 bytes
sector size: 512 bytes (probed)
[!!] reading `/dev/sdc' at sector 52001 : Input/output error
[!!] 3 occurences while reading `/dev/sdc' from sector 40960 to sector 40962
    : Input/output error
     67108864 bytes ( 64 M ) copied ( 100% ),   47 s, 1.4 M/s

input results for device `/dev/sdc':
   131072 sectors in
   4 bad sectors replaced by zeros
   {MD5} (md5)
   {SHA256} (sha256)

output results for file `/mnt/KF-06.dd':
   131072 sectors out
   [ok] {MD5} (md5)
   [ok] {SHA256} (sha256)

dc3dd completed at 2026-04-17 10:02:58 +0500
"""

EWFACQUIRE = f"""\
ewfacquire 20140813

Device information:
Bus type:\t\t\t\tUSB
Vendor:\t\t\t\t\tFenwick
Model:\t\t\t\t\tData Stick
Serial:\t\t\t\t\tFW-20417-0093

Storage media information:
Type:\t\t\t\t\tDevice
Media type:\t\t\t\tRemovable
Media size:\t\t\t\t67 MB (67108864 bytes)
Bytes per sector:\t\t\t512

Acquiry parameters (required), please provide the necessary input
Image path and filename:\t\tKF-06.E01
Case number:\t\t\t\tNV-2026-0417
Description:\t\t\t\tred USB stick
Evidence number:\t\t\tKF-02
Examiner name:\t\t\t\tM. Solen
Notes:\t\t\t\t\tnote

Acquiry started at: Apr 17, 2026 10:02:11
This could take a while.

Acquiry completed at: Apr 17, 2026 10:02:58

Written: 64 MiB (67124012 bytes) in 47 second(s).
Errors reading device:
\ttotal number: 2
\tat sector(s): 40960 - 40968 number: 8 (offset: 0x01400000 of size: 4096)
\tat sector(s): 52000 - 52008 number: 8 (offset: 0x01964000 of size: 4096)

MD5 hash calculated over data:\t\t{MD5}
SHA1 hash calculated over data:\t\t{SHA1}
ewfacquire: SUCCESS
"""


def record_of(tmp_path: Path, text: str, encoding: str = "utf-8", *, zone=ALMATY) -> ProvenanceRecord:
    path = tmp_path / "KF-06.log"
    path.write_bytes(text.encode(encoding))
    record = read_log(path, zone=zone)
    write_record(record, tmp_path / "record.json")
    assert read_record(tmp_path / "record.json") == record
    return record


def utc(record: ProvenanceRecord) -> tuple[str, str]:
    assert record.started_at is not None
    assert record.ended_at is not None
    return tuple(f"{at.astimezone(UTC):%d %H:%M:%S}" for at in (record.started_at, record.ended_at))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_ftk_imager(tmp_path: Path, encoding: str) -> None:
    record = record_of(tmp_path, FTK.replace("\n", "\r\n"), encoding)

    assert (record.tool.name, record.tool.version) == ("FTK Imager", "4.7.1.2")
    assert (record.case.case_number, record.case.evidence_number, record.case.examiner) == (
        "NV-2026-0417", "KF-02", "M. Solen",
    )  # fmt: skip
    assert record.case.notes == ""
    assert (record.source.model, record.source.serial) == ("Fenwick Data Stick USB Device", "FW-20417-0093")
    assert (record.source.sectors, record.source.sector_bytes, record.image.media_bytes) == (131072, 512, 67108864)
    assert [file.name for file in record.image.files] == ["KF-06.E01", "KF-06.E02"]
    assert (record.digests.md5, record.digests.sha1, record.digests.sha256) == (MD5, SHA1, "")
    assert utc(record) == ("17 05:02:11", "17 05:02:58")
    assert record.verification is not None
    assert record.verification.agrees
    assert record.verification.digests.sha1 == SHA1
    assert record.read_errors == (SectorRun(40960, 8), SectorRun(52001, 1))


@pytest.mark.parametrize("count", ["7.856.127", "7,856,127", "7 856 127", "7\u00a0856\u00a0127", "7856127"])
def test_ftk_imager_writes_numbers_as_the_machine_does(tmp_path: Path, count: str) -> None:
    text = FTK.replace("Sector count:    131072", f"Sector count:    {count}")
    assert record_of(tmp_path, text).source.sectors == 7856127


def test_ftk_imager_that_found_a_difference(tmp_path: Path) -> None:
    text = FTK.replace(f"{SHA1} : verified", f"{SHA1} : Mismatch")
    verification = record_of(tmp_path, text).verification
    assert verification is not None
    assert not verification.agrees


def test_ftk_imager_without_verification(tmp_path: Path) -> None:
    record = record_of(tmp_path, FTK.partition("Image Verification")[0])
    assert record.verification is None
    assert record.digests.md5 == MD5


def test_guymager(tmp_path: Path) -> None:
    record = record_of(tmp_path, GUYMAGER)

    assert (record.tool.name, record.tool.version) == ("Guymager", "0.8.13-1")
    assert (record.case.case_number, record.case.description) == ("NV-2026-0417", "red USB stick")
    assert (record.source.model, record.source.serial, record.source.connection) == (
        "Fenwick Data Stick", "FW-20417-0093", "/dev/sdc",
    )  # fmt: skip
    assert (record.image.container, record.image.media_bytes) == ("E01", 67108864)
    assert [file.name for file in record.image.files] == ["KF-06.E01", "KF-06.E02"]
    assert (record.digests.md5, record.digests.sha1, record.digests.sha256) == (MD5, "", SHA256)
    assert utc(record) == ("17 05:02:11", "17 05:02:58")
    assert record.verification is not None
    assert record.verification.agrees
    assert record.read_errors == (SectorRun(40960, 3), SectorRun(40964, 1), SectorRun(52001, 2))


def test_guymager_whose_image_failed(tmp_path: Path) -> None:
    text = GUYMAGER.replace(
        "Image verification OK. The image contains exactely the data that was written.",
        "Image verification FAILED. The data in the image is different from what was written.",
    )
    verification = record_of(tmp_path, text).verification
    assert verification is not None
    assert not verification.agrees


def test_guymager_without_bad_sectors(tmp_path: Path) -> None:
    start, end = GUYMAGER.index("During acquisition"), GUYMAGER.index("State:")
    text = f"{GUYMAGER[:start]}No bad sectors encountered during acquisition.\n{GUYMAGER[end:]}"
    assert record_of(tmp_path, text).read_errors == ()


def test_dc3dd_knows_its_zone(tmp_path: Path) -> None:
    record = record_of(tmp_path, DC3DD, zone=None)

    assert (record.tool.name, record.tool.version) == ("dc3dd", "7.2.646")
    assert record.tool.options.startswith("dc3dd if=/dev/sdc")
    assert (record.source.sectors, record.source.sector_bytes, record.source.connection) == (131072, 512, "/dev/sdc")
    assert (record.image.container, record.image.media_bytes) == ("raw", 67108864)
    assert [file.name for file in record.image.files] == ["KF-06.dd"]
    assert (record.digests.md5, record.digests.sha1, record.digests.sha256) == (MD5, "", SHA256)
    assert record.started_at == datetime(2026, 4, 17, 10, 2, 11, tzinfo=timezone(timedelta(hours=5)))
    assert record.verification is not None
    assert record.verification.agrees
    assert record.read_errors == (SectorRun(40960, 3), SectorRun(52001, 1))


def test_dc3dd_whose_output_differs(tmp_path: Path) -> None:
    verification = record_of(tmp_path, DC3DD.replace(f"[ok] {MD5}", f"[!!] {'00' * 16}")).verification
    assert verification is not None
    assert not verification.agrees


def test_ewfacquire(tmp_path: Path) -> None:
    record = record_of(tmp_path, EWFACQUIRE)

    assert (record.tool.name, record.tool.version) == ("ewfacquire", "20140813")
    assert (record.source.make, record.source.model, record.source.serial) == (
        "Fenwick", "Data Stick", "FW-20417-0093",
    )  # fmt: skip
    assert (record.case.case_number, record.case.evidence_number, record.case.examiner) == (
        "NV-2026-0417", "KF-02", "M. Solen",
    )  # fmt: skip
    assert (record.source.sectors, record.image.media_bytes) == (131072, 67108864)
    assert (record.digests.md5, record.digests.sha1, record.digests.sha256) == (MD5, SHA1, "")
    assert utc(record) == ("17 05:02:11", "17 05:02:58")
    assert record.read_errors == (SectorRun(40960, 8), SectorRun(52000, 8))


@pytest.mark.oracle
def test_a_real_run_of_ewfacquire(tmp_path: Path) -> None:
    source = tmp_path / "source.raw"
    source.write_bytes(medium_bytes(2 * MIB))
    log = tmp_path / "ewf.log"
    printed = oracle(["ewfacquire", "-u", "-c", "fast", "-d", "sha1,sha256", "-t", tmp_path / "out", "-l", log, source])

    said = record_of(tmp_path, printed, zone=UTC)
    logged = read_log(log)

    digests = digest_file(source)
    for record in (said, logged):
        assert (record.digests.md5, record.digests.sha1, record.digests.sha256) == (
            digests.md5, digests.sha1, digests.sha256,
        )  # fmt: skip
    assert said.image.media_bytes == 2 * MIB
    assert said.source.sectors == 4096
    assert said.started_at is not None
    assert abs(said.started_at - datetime.now(UTC)) < timedelta(hours=1)
    assert said.tool.version in oracle(["ewfacquire", "-V"])


def test_times_without_a_zone_are_left_out(tmp_path: Path) -> None:
    record = record_of(tmp_path, FTK, zone=None)
    assert record.started_at is None
    assert record.ended_at is None


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00", b"x" * 5_000_000])
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.txt"
    path.write_bytes(content)
    with pytest.raises(AcquisitionError, match="no acquisition log") as caught:
        read_log(path)
    assert "Guymager" in caught.value.remedy


def test_a_missing_log_is_said(tmp_path: Path) -> None:
    with pytest.raises(AcquisitionError, match="there is no log"):
        read_log(tmp_path / "none.txt")


def test_a_log_without_a_digest_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "KF-06.log"
    path.write_text(DC3DD.replace(MD5, "").replace(SHA256, ""))
    with pytest.raises(AcquisitionError, match="states no digest") as caught:
        read_log(path)
    assert "computed later" in caught.value.remedy


def test_a_run_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "KF-06.log"
    path.write_text(DC3DD.replace("from sector 40960 to sector 40962", "from sector 40960 to sector 3"))
    with pytest.raises(AcquisitionError, match="damaged: sectors 40960 to 3"):
        read_log(path)


@pytest.mark.parametrize("text", [FTK, GUYMAGER, DC3DD, EWFACQUIRE])
def test_a_log_that_was_cut_anywhere_gives_a_record_or_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "KF-06.log"
    for length in range(0, len(text), 37):
        path.write_text(text[:length])
        with suppress(AcquisitionError):
            read_log(path, zone=ALMATY)
