"""Messages out of mail folders and single files, as they are and damaged."""

import mailbox
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from labkit.synthesis.artifacts.mail import Address, Attachment, Hop, Mail, message
from labkit.synthesis.artifacts.mbox import Mbox, MessageStatus
from labkit.synthesis.artifacts.texts import TextEncoding
from labkit.synthesis.streams import Stream
from tests.unit.evidence.artifacts.told import AT, told

FOLDER = "/Users/dana/AppData/Roaming/Thunderbird/Profiles/a.default/Mail/mail.firm.example"
STREAM = Stream(b"seed", "mail")


def a_message(number: int, subject: str = "Счёт на оплату", **more: object) -> bytes:
    mail = Mail(
        Address("dana@firm.example", "Дана"),
        (Address("pay@bank.example"),),
        f"{subject} {number}",
        (AT + timedelta(hours=number)).astimezone(timezone(timedelta(hours=5))),
        "From the beginning\nas said\n",
        message_id=f"<{number}@firm.example>",
        **more,  # type: ignore[arg-type]
    )
    return message(mail, STREAM)


def a_folder() -> Mbox:
    box = Mbox()
    for number, status in enumerate((MessageStatus.READ, MessageStatus.NEW, MessageStatus.REPLIED)):
        box.add(a_message(number), AT.replace(tzinfo=None), status=status)
    return box


def test_each_message_of_a_folder_is_told_with_its_place(tmp_path: Path) -> None:
    data = a_folder().render()
    records, said = told(tmp_path, {f"{FOLDER}/Inbox": data, f"{FOLDER}/Inbox.msf": b"// <!-- <mdb:mork:z -->" * 50})

    assert [one["details"]["message_id"] for one in records] == [f"<{number}@firm.example>" for number in range(3)]
    assert [one["details"]["subject"] for one in records] == [f"Счёт на оплату {number}" for number in range(3)]
    assert [one["details"].get("marks") for one in records] == [["read"], None, ["answered"]]
    assert all(data[one["offset_bytes"] :].startswith(b"From - ") for one in records)
    assert [datetime.fromisoformat(one["at_utc"]) for one in records] == [AT + timedelta(hours=n) for n in range(3)]
    assert records[0]["details"]["recipients"] == ["pay@bank.example"]
    assert "Inbox.msf" not in said


def test_a_deleted_message_that_its_folder_still_holds_is_a_recovered_one(tmp_path: Path) -> None:
    box = a_folder()
    box.delete(1)
    records, _ = told(tmp_path, {f"{FOLDER}/Inbox": box.render()})

    assert [one["recovered"] for one in records] == [False, True, False]
    assert "deleted" in records[1]["details"]["marks"]


def test_a_single_message_has_its_way_and_its_attachments(tmp_path: Path) -> None:
    hops = tuple(Hop(f"{n}.firm.example", "192.0.2.1", "b.bank.example", AT + timedelta(seconds=n)) for n in range(2))
    attachment = Attachment("Счёт на оплату.xlsx", "application/octet-stream", b"x" * 900)
    data = a_message(7, hops=hops, attachments=(attachment,), encoding=TextEncoding.KOI8_R)
    records, _ = told(tmp_path, {"/Users/dana/Desktop/saved.eml": data})
    (one,) = records

    assert one["details"]["attachments"] == ["Счёт на оплату.xlsx"]
    assert len(one["details"]["received_utc"]) == 2
    assert one["details"]["subject"] == "Счёт на оплату 7"
    assert "Дана" in one["details"]["sender"]
    assert one["what"].endswith("Счёт на оплату 7")


def test_a_folder_is_read_as_python_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "Sent"
    box = Mbox()
    for number in range(40):
        box.add(a_message(number, "خبر"), AT.replace(tzinfo=None))
    path.write_bytes(box.render())
    records, _ = told(tmp_path, {f"{FOLDER}/Sent": path.read_bytes()})
    with closing(mailbox.mbox(path)) as other:
        identifiers = [one["Message-ID"] for one in other]

    assert [one["details"]["message_id"] for one in records] == identifiers


def test_a_damaged_message_is_told_as_far_as_it_goes(tmp_path: Path) -> None:
    data = (
        b"From - Sun Feb 01 08:00:00 2026\r\nDate: yesterday\r\nFrom: \xff\xfe<@@\r\nTo: =?no-such?q?x?=\r\n"
        b"Subject: =?utf-8?b?!!!\r\nX-Mozilla-Status: 00zz\r\nReceived: by x; Sun, 99 Feb 2026\r\n"
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n" + b"x" * 2000 + b"\r\n\r\n"
    )
    records, _ = told(tmp_path, {f"{FOLDER}/Inbox": data + a_folder().render()})

    assert len(records) == 4
    assert records[-1]["at_utc"] is None  # without a time it comes last
    assert records[-1]["details"]["date"] == "yesterday"


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    records, said = told(tmp_path, {f"{FOLDER}/Inbox": b"no mail " * 200})

    assert records == []
    assert "does not begin as a mail folder" in said


@pytest.mark.parametrize("zone", ["+0500", "-0330", "GMT"])
def test_times_are_told_in_utc(tmp_path: Path, zone: str) -> None:
    data = f"Date: Sun, 1 Feb 2026 08:00:00 {zone}\r\nFrom: a@b.example\r\n\r\n{'x' * 900}".encode()
    records, _ = told(tmp_path, {"/a.eml": data})
    hours = {"+0500": 5, "-0330": -3.5, "GMT": 0}[zone]

    assert datetime.fromisoformat(records[0]["at_utc"]) == datetime(2026, 2, 1, 8, tzinfo=UTC) - timedelta(hours=hours)
