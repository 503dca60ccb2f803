"""Mail in Thunderbird: what comes lies in Inbox, what goes in Sent, each message with the way that it took."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from labkit.model.scenario import Action
from labkit.synthesis.artifacts.mail import Address, Hop, Mail, drawn_uuid, message
from labkit.synthesis.artifacts.mbox import Mbox, MessageStatus
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.computer.at_work import computer_of, device_time
from labkit.synthesis.world.computer.programs import run
from labkit.synthesis.world.world import Handler, Left, World

INBOX, SENT = "Inbox", "Sent"
_PROFILE = "qw7x2m4d.default-release"
_PROGRAM = "Mozilla Thunderbird"
_OUR_HOST_IP, _OUR_PC_IP = "192.0.2.25", "192.0.2.71"
_OUTSIDE = "198.51.100"  # RFC 5737


def open_mailboxes(world: World, at: datetime) -> None:
    """Make the profile of Thunderbird with its two folders."""
    computer = computer_of(world)
    domain = computer.spec.mail.partition("@")[2]
    folder = f"{computer.home}/AppData/Roaming/Thunderbird/Profiles/{_PROFILE}/Mail/mail.{domain}"
    world.make_folders(folder, world.clock.true_from_device(at))
    for name in (INBOX, SENT):
        computer.keep(name, f"{folder}/{name}", Mbox(), _rendered, at)


def receive(world: World, action: Action) -> Left:
    """Get a message."""
    computer, stream = computer_of(world), world.stream("mail", action)
    sender = Address(str(action.details["sender"]), str(action.details.get("sender_name", "")))
    to = Address(computer.spec.mail, computer.spec.full_name)
    domain, ours = sender.address.partition("@")[2], to.address.partition("@")[2]
    relay = str(action.details.get("relay", f"mail.{domain}"))
    # The servers' clocks are right: they tell the true time, whatever this machine's clock shows.
    left_at = action.at - timedelta(seconds=stream.between(20, 160))
    hop = Hop(relay, f"{_OUTSIDE}.{stream.between(10, 250)}", f"mail.{ours}", action.at - timedelta(seconds=9))
    local = world.clock.shown(left_at) - (world.clock.device_utc(left_at) - left_at)
    mail = Mail(sender, (to,), _subject(action), local, _text(world, action), hops=(hop,))
    return _put(world, action, INBOX, mail, stream)


def send(world: World, action: Action) -> Left:
    """Send a message; its date is what this machine's clock shows."""
    computer, stream = computer_of(world), world.stream("mail", action)
    sender = Address(computer.spec.mail, computer.spec.full_name)
    to = Address(str(action.details["recipient"]), str(action.details.get("recipient_name", "")))
    shown = world.clock.shown(action.at)
    mail = Mail(sender, (to,), _subject(action), shown, _text(world, action), program=f"{_PROGRAM}/115.7.0")
    return _put(world, action, SENT, mail, stream)


def save(world: World, action: Action) -> Left:
    """Save the message that came last as a file of its own, as it is."""
    computer, at = computer_of(world), device_time(world, action)
    box: Mbox = computer.kept[INBOX].store
    data = box.newest()
    world.make_folders(action.path.rpartition("/")[0], action.at)
    run(world, "thunderbird", at)
    return world.made(action, action.path, world.on(action).create(action.path, data, at))


def _put(world: World, action: Action, folder: str, mail: Mail, stream: Stream) -> Left:
    computer, at = computer_of(world), device_time(world, action)
    identifier = f"<{drawn_uuid(stream)}@{mail.sender.address.partition('@')[2]}>"
    data = message(replace(mail, message_id=identifier), stream)
    box: Mbox = computer.change(folder, at)
    box.add(data, world.clock.local(action.at), status=MessageStatus.READ)
    run(world, "thunderbird", at)
    return Left(
        facts={
            "message_id": identifier,
            "sender": mail.sender.address,
            "recipient": mail.to[0].address,
            "subject": mail.subject,
            "mailbox_path": computer.kept[folder].path,
        }
    )


def _subject(action: Action) -> str:
    return str(action.details["subject"])


def _text(world: World, action: Action) -> str:
    return world.content(action).decode("utf-8").replace("\r\n", "\n")


def _rendered(box: Mbox, _saved: datetime) -> bytes:
    return box.render()


MAIL_ACTIONS: Mapping[str, Handler] = {"receive_mail": receive, "send_mail": send, "save_mail": save}
