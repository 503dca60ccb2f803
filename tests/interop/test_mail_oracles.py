"""Messages and folders, as Python's mail library and munpack read them."""

import email
import email.policy
import mailbox
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest

from labkit.synthesis.artifacts.mail import Address, Attachment, Hop, Mail, Transfer, message
from labkit.synthesis.artifacts.mbox import Mbox, MessageStatus
from labkit.synthesis.artifacts.texts import TextEncoding
from labkit.synthesis.streams import Stream
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

WORDS = {
    TextEncoding.UTF_8: ("Счёт", "گزارش‌ها", "نهایی", "photo 🏔", "Қазақстан", "plan"),
    TextEncoding.WINDOWS_1251: ("Счёт", "на", "оплату", "№ 7", "plan", "щука"),
    TextEncoding.KOI8_R: ("Счёт", "на", "оплату", "plan", "щука"),
    TextEncoding.WINDOWS_1256: ("پول", "گرم", "plan", "ژرف"),
}
FILES = ("plan.pdf", "Счёт на оплату.xlsx", "گزارش نهایی.docx", 'a "b".txt', "x" * 90 + ".bin")
BEGIN = datetime(2026, 2, 1, tzinfo=UTC)


def drawn(stream: Stream) -> Mail:
    encoding = stream.pick(tuple(WORDS))
    words = WORDS[encoding]

    def text(longest: int) -> str:
        return " ".join(stream.pick(words) for _ in range(stream.between(1, longest)))

    at = BEGIN + timedelta(seconds=stream.below(10**7))
    zone = timezone(timedelta(minutes=stream.pick([0, 180, 300, 210, -210])))
    return Mail(
        sender=Address("dana@firm.example", text(3)),
        to=tuple(Address(f"p{number}@pay.example", text(2)) for number in range(stream.between(1, 4))),
        cc=tuple(Address(f"c{number}@pay.example") for number in range(stream.below(2))),
        subject=text(30),
        date=at.astimezone(zone),
        text="".join(f"{text(20)}{stream.pick(['', ' ', '='])}\n" for _ in range(stream.below(12))),
        encoding=encoding,
        transfer=stream.pick(list(Transfer)),
        attachments=tuple(
            Attachment(stream.pick(FILES), "application/octet-stream", stream.take(stream.below(5000)))
            for _ in range(stream.below(3))
        ),
        hops=tuple(Hop("a.firm.example", "192.0.2.1", "b.pay.example", at) for _ in range(stream.below(3))),
        references=("<a@firm.example>", "<b@pay.example>") if stream.below(2) else (),
        in_reply_to="<b@pay.example>",
    )


@pytest.mark.seeds
@pytest.mark.parametrize("seed", range(25))
def test_the_mail_library_reads_what_was_meant(seed: int) -> None:
    stream = Stream(bytes((seed,)), "mail")
    mail = drawn(stream)
    data = message(mail, stream)

    read = email.message_from_bytes(data, policy=email.policy.default)

    assert all(not part.defects for part in read.walk())
    assert read["Subject"] == mail.subject
    assert read["Date"].datetime == mail.date.replace(microsecond=0)
    assert read["Date"].datetime.utcoffset() == mail.date.utcoffset()
    people = [(each.display_name, each.addr_spec) for each in read["To"].addresses]
    assert people == [(each.name, each.address) for each in mail.to]
    assert read["From"].addresses[0].display_name == mail.sender.name
    assert len(read.get_all("Received", [])) == len(mail.hops)
    assert read["Message-ID"].endswith("@firm.example>")
    body = read.get_body(("plain",))
    assert body.get_content_charset() == mail.encoding.charset
    # The end of the last line belongs to the boundary behind it.
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == mail.text.rstrip("\n")
    attached = [(part.get_filename(), part.get_content()) for part in read.iter_attachments()]
    assert attached == [(each.name, each.data) for each in mail.attachments]
    if mail.transfer is not Transfer.EIGHT_BIT:
        assert data.isascii()
        assert all(len(line) <= 78 or b"filename" in line or b"name=" in line for line in data.split(b"\r\n"))


def test_munpack_finds_the_attachments(tmp_path) -> None:
    mail = Mail(
        sender=Address("dana@firm.example"),
        to=(Address("teo@firm.example"),),
        subject="Файлы",
        date=BEGIN,
        text="Смотри.\n",
        attachments=(Attachment("plan.bin", "application/octet-stream", bytes(range(256)) * 9),),
    )
    (tmp_path / "mail.eml").write_bytes(message(mail, Stream(b"1", "mail")))

    told = oracle(["munpack", "-C", tmp_path, "mail.eml"])

    assert "plan.bin (application/octet-stream)" in told
    assert (tmp_path / "plan.bin").read_bytes() == bytes(range(256)) * 9


def test_the_mailbox_library_reads_a_folder(tmp_path) -> None:
    stream = Stream(b"1", "box")
    mails = [drawn(stream) for _ in range(12)]
    box = Mbox()
    for number, mail in enumerate(mails):
        box.add(message(mail, stream), mail.date, status=MessageStatus.READ)
        if number % 5 == 0:
            box.delete(number)
    path = tmp_path / "Inbox"
    path.write_bytes(box.render())

    with closing(mailbox.mbox(path, factory=None, create=False)) as opened:
        read = list(opened)

    assert len(read) == len(mails)
    for number, (found, mail) in enumerate(zip(read, mails, strict=True)):
        assert found["X-Mozilla-Status"] == ("0009" if number % 5 == 0 else "0001")
        whole = email.message_from_bytes(found.as_bytes(), policy=email.policy.default)
        assert whole["Subject"] == mail.subject
        assert whole["Date"].datetime == mail.date
