import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.mail import Address, Attachment, Hop, Mail, Transfer, mail_date, message
from labkit.synthesis.artifacts.mail_encodings import folded, header_text, phrase, quoted_printable_body
from labkit.synthesis.artifacts.mbox import Mbox, MessageStatus
from labkit.synthesis.artifacts.texts import TextEncoding
from labkit.synthesis.streams import Stream

ALMATY = timezone(timedelta(hours=5))
SENT = datetime(2026, 2, 3, 9, 5, 6, tzinfo=ALMATY)
MAIL = Mail(
    sender=Address("dana@firm.example", "Дана Белканова"),
    to=(Address("bank@pay.example", 'Pay, "Inc."'), Address("teo@firm.example")),
    subject="Счёт на оплату 7 от третьего февраля, просьба проверить до пятницы",
    date=SENT,
    text="Добрый день!\nFrom here on.\n\nДана\n",
    encoding=TextEncoding.KOI8_R,
    hops=(
        Hop("ws7.firm.example", "192.0.2.7", "mail.firm.example", SENT + timedelta(seconds=2)),
        Hop("mail.firm.example", "198.51.100.9", "mx.pay.example", (SENT + timedelta(seconds=4)).astimezone(UTC)),
    ),
    program="Mozilla Thunderbird",
)


def made(**changes: object) -> bytes:
    return message(replace(MAIL, **changes), Stream(b"1", "mail"))


def test_the_last_hop_stands_on_top_with_the_clock_of_its_host() -> None:
    lines = made().decode("ascii").split("\r\n")

    assert lines[0].startswith("Received: from mail.firm.example (mail.firm.example")
    received = re.sub(r"\r\n ", " ", made().decode("ascii"))
    assert re.findall(r"with ESMTPS id [0-9A-F]{12} for <bank@pay.example>; (.*)\r\n", received) == [
        "Tue, 3 Feb 2026 04:05:10 +0000",
        "Tue, 3 Feb 2026 09:05:08 +0500",
    ]


@pytest.mark.parametrize(
    ("hours", "shown"), [(0, "+0000"), (4.5, "+0430"), (-3.5, "-0330"), (-12, "-1200"), (5.75, "+0545")]
)
def test_a_date_shows_its_zone(hours: float, shown: str) -> None:
    at = datetime(2026, 3, 1, 0, 5, 6, tzinfo=timezone(timedelta(hours=hours)))

    assert mail_date(at) == f"Sun, 1 Mar 2026 00:05:06 {shown}"


@pytest.mark.parametrize("encoding", [TextEncoding.UTF_8, TextEncoding.WINDOWS_1251, TextEncoding.KOI8_R])
def test_encoded_words_are_short_and_whole(encoding: TextEncoding) -> None:
    words = header_text("Щёлкни здесь, чтобы увидеть всё. " * 6, encoding)

    assert len(words) > 2
    assert all(len(word) <= 75 and word.isascii() for word in words)
    assert all(len(line) <= 76 for line in folded("Subject", words).split("\r\n"))


def test_plain_words_stay_and_names_are_quoted_where_they_must() -> None:
    assert header_text("Re: plan  B", TextEncoding.UTF_8) == ["Re:", "plan", "", "B"]
    assert header_text("=?not=", TextEncoding.UTF_8)[0].startswith("=?utf-8?B?")
    assert phrase("Dana B", TextEncoding.UTF_8) == ["Dana", "B"]
    assert phrase('Pay, "Inc."', TextEncoding.UTF_8) == ['"Pay, \\"Inc.\\""']


@pytest.mark.parametrize(
    ("data", "written"),
    [
        (b"a=b\r\n\r\nc", "a=3Db\r\n\r\nc"),
        (b"end \r\n\ttab\t", "end=20\r\n\ttab=09"),
        (b"\xc0\x00", "=C0=00"),
        (b"x" * 76, "x" * 76),
        (b"x" * 77, "x" * 75 + "=\r\nxx"),
        (b"x" * 74 + b"\xc0y", "x" * 74 + "=\r\n=C0y"),
        (b"x" * 73 + b"\xc0", "x" * 73 + "=C0"),
    ],
)
def test_quoted_printable_is_that_of_the_standard(data: bytes, written: str) -> None:
    assert quoted_printable_body(data) == written


def test_identifiers_come_from_the_stream() -> None:
    attached = (Attachment("план.pdf", "application/pdf", b"%PDF"),)

    assert made(attachments=attached) == made(attachments=attached)
    other = message(replace(MAIL, attachments=attached), Stream(b"2", "mail"))
    assert other != made(attachments=attached)
    assert b"Message-ID: <mine@firm.example>\r\n" in made(message_id="<mine@firm.example>")


def test_same_values_same_bytes() -> None:
    attached = (Attachment("план.pdf", "application/pdf", bytes(range(256))), Attachment("a.txt", "text/plain", b"x"))
    mails = [
        made(transfer=transfer, encoding=encoding, attachments=attached)
        for transfer in Transfer
        for encoding in (TextEncoding.UTF_8, TextEncoding.WINDOWS_1251, TextEncoding.KOI8_R)
    ]

    assert (
        hashlib.sha256(b"".join(mails)).hexdigest()
        == "8a980934c27bc68647f850295c917ef61a258c835875a8921d1cc40815be9f68"
    )


@pytest.mark.parametrize(
    ("changes", "message_text", "remedy"),
    [
        ({"to": ()}, "needs a recipient", "at least one address"),
        ({"to": (Address("dana"),)}, "'dana' is not a mail address", "dana@firm.example"),
        ({"sender": Address("a@b.test.com")}, "'b.test.com' may belong to somebody", ".example"),
        ({"hops": (Hop("a.example", "8.8.8.8", "b.example", SENT),)}, "'8.8.8.8' may belong", "192.0.2.0/24"),
        ({"hops": (Hop("a.example", "::1", "b.example", SENT),)}, "'::1' may belong", "2001:db8::/32"),
        ({"date": SENT.replace(tzinfo=None)}, "a time without a zone", "DeviceClock"),
        ({"hops": (Hop("a.example", "10.0.0.1", "b.example", SENT.replace(tzinfo=None)),)}, "without a zone", "Clock"),
        ({"encoding": TextEncoding.CP866}, "not written in ibm866", "koi8-r"),
        ({"subject": "Қазақ"}, "koi8-r has no 'Қ'", "UTF-8"),
        ({"text": "a" * 999, "transfer": Transfer.EIGHT_BIT}, "longer than 998 bytes", "Break the line"),
    ],
)
def test_what_can_not_be_sent_is_refused(changes: dict[str, object], message_text: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message_text) as caught:
        made(**changes)

    assert remedy in caught.value.remedy


def folder() -> Mbox:
    box = Mbox()
    for number in range(3):
        box.add(made(subject=f"number {number}"), datetime(2026, 2, 3 + number, 9, 7, 5))  # noqa: DTZ001 - local time
    return box


def test_a_folder_separates_and_marks_its_messages() -> None:
    box = folder()
    box.mark(0, MessageStatus.READ)
    box.mark(0, MessageStatus.REPLIED)
    data = box.render()

    assert data.startswith(
        b"From - Tue Feb 03 09:07:05 2026\r\nX-Mozilla-Status: 0003\r\nX-Mozilla-Status2: 00000000\r\n"
    )
    assert data.count(b"\r\n\r\nFrom - ") == 2


def test_a_deleted_message_stays_until_the_folder_is_compacted() -> None:
    box = folder()
    box.delete(1)
    kept = box.render()
    box.compact()

    assert b"Subject: number 1" in kept
    assert kept.count(b"X-Mozilla-Status: 0008") == 1
    assert b"Subject: number 1" not in box.render()
    with pytest.raises(SynthesisError, match="no message 1"):
        box.delete(1)
    assert box.add(made(), SENT) == 3


def test_lines_that_look_like_a_separator_are_quoted() -> None:
    box = Mbox()
    text = "From here\n>From there\n>>From\nno From\n"
    box.add(made(text=text, transfer=Transfer.EIGHT_BIT, encoding=TextEncoding.UTF_8), SENT)

    assert b"\r\n>From here\r\n>>From there\r\n>>From\r\nno From\r\n" in box.render()


def test_a_fork_goes_its_own_way() -> None:
    box = folder()
    before = box.render()
    fork = box.fork()
    fork.delete(0)
    fork.add(made(), SENT)

    assert box.render() == before
    assert len(fork.render()) > len(before)


def test_an_empty_folder_has_no_newest_message() -> None:
    with pytest.raises(SynthesisError, match="no message yet"):
        Mbox().newest()
