"""What happens on KF-ACC-07 on the morning of 10 March 2026, told twice: each base has its own programs and numbers.

A story becomes an initial file system: programs, configuration, and one script that plays everything by the clock of
the guest. The script and what it needs delete themselves before the capture.
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from memory_base.tokens import WAYBILLS, encoded_config, filled, placeholder

SCENE_ZONE = timezone(timedelta(hours=5))
CLOCK_OFFSET = timedelta(seconds=433)  # the machine kf-acc-07 of case.toml
ADDRESS = "192.0.2.57"
PROVIDER = "198.51.100.20"
RELAY = "203.0.113.200"
USERS = (("mira.solen", 1000, "Mira Solen"), ("teo.varn", 1001, "Teo Varn, IT contractor"))
SYNC_FOLDER = "/dev/shm/.{shm_name}"  # noqa: S108 - in the guest
USER_IDS = {name: number for name, number, _ in USERS}


@dataclass(frozen=True, slots=True)
class Service:
    """One program of the company, with the PID it gets and when it starts, in seconds since the first one."""

    name: str
    pid: int
    after_s: int
    arguments: str


@dataclass(frozen=True, slots=True)
class Story:
    """What makes a base different from another one. Times in seconds since the start of the machine."""

    name: str
    started: datetime  # true time
    services: tuple[Service, ...]
    login_pid: int
    login_s: int
    odd_parent: str
    sync_pid: int
    sync_s: int
    children: tuple[str, str, str, str]
    region_pages: tuple[int, int, int, int]
    relay_port: int
    listen_port: int
    typed_first: tuple[str, ...]  # before kf_sync runs
    note_pid: int
    note_s: int
    capture_pid: int
    capture_s: int

    @property
    def clock(self) -> datetime:
        """Return what the clock of the machine shows when it starts, UTC."""
        return (self.started + CLOCK_OFFSET).astimezone(UTC)


STORIES = {
    "a": Story(
        name="a",
        started=datetime(2026, 3, 10, 8, 52, 41, tzinfo=SCENE_ZONE),
        services=(
            Service("stock-cache", 417, 0, f"--listen {ADDRESS}:9120 --waybills /var/lib/kestrel/waybills.csv:1:90"),
            Service("label-queue", 433, 3, "--listen 127.0.0.1:9100 --waybills /var/lib/kestrel/waybills.csv:71:80"),
            Service(
                "cloud-agent", 502, 31, f"--connect {PROVIDER}:443 --waybills /var/lib/kestrel/waybills.csv:131:110"
            ),
        ),
        login_pid=1187,
        login_s=754,
        odd_parent="label-queue",
        sync_pid=2409,
        sync_s=1711,
        children=("kf_push", "kf_watch", "kf_index", "kf_timer"),
        region_pages=(3, 5, 2, 4),
        relay_port=44380,
        listen_port=47113,
        typed_first=("ls -l /tmp/outbox", "wc -l /tmp/outbox/payments.csv"),
        note_pid=3122,
        note_s=3890,
        capture_pid=4051,
        capture_s=7244,
    ),
    "b": Story(
        name="b",
        started=datetime(2026, 3, 10, 8, 31, 6, tzinfo=SCENE_ZONE),
        services=(
            Service("drive-agent", 364, 0, f"--connect {PROVIDER}:443 --waybills /var/lib/kestrel/waybills.csv:1:120"),
            Service("tariff-cache", 389, 2, "--listen 127.0.0.1:9090 --waybills /var/lib/kestrel/waybills.csv:60:70"),
            Service("httpd", 401, 5, "-f -p 127.0.0.1:8080 -h /var/lib/kestrel"),
            Service(
                "scale-reader", 477, 64, f"--listen {ADDRESS}:9310 --waybills /var/lib/kestrel/waybills.csv:121:120"
            ),
        ),
        login_pid=958,
        login_s=1933,
        odd_parent="scale-reader",
        sync_pid=1730,
        sync_s=3187,
        children=("kf_trace", "kf_queue", "kf_stamp", "kf_pull"),
        region_pages=(4, 2, 6, 3),
        relay_port=41944,
        listen_port=50218,
        typed_first=("cat /tmp/outbox/payments.csv", "df -h /tmp", "ls /tmp/outbox"),
        note_pid=2588,
        note_s=5105,
        capture_pid=3377,
        capture_s=8539,
    ),
}


def arguments_of_sync() -> tuple[str, ...]:
    """Return the command line of kf_sync, with placeholders."""
    template = (
        SYNC_FOLDER + "/kf_sync", "--relay", "relay-{relay_name}.example:{relay_port}",
        "--address", "203.0.113.{relay_octet}", "--listen", "{listen_port}", "--agent", "{agent_id}",
        "--interval", "300", "--config", SYNC_FOLDER + "/kf_sync.conf",
    )  # fmt: skip
    return tuple(filled(word) for word in template)


def job(story: Story) -> bytes:
    """Return the job that the odd parent runs (``guest/office.c``)."""
    staged = ",".join([*story.children, *map(str, story.region_pages)])
    environment = (
        "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "TZ=<+05>-5", "USER=teo.varn", "LOGNAME=teo.varn", "HOME=/home/teo.varn",
        filled("KF_SYNC_KEY={sync_key}"), filled("KF_SYNC_HOME=" + SYNC_FOLDER), f"KF_STAGE={staged}",
    )  # fmt: skip
    lines = [f"uid={USER_IDS['teo.varn']}"]
    lines += [f"env={line}" for line in environment]
    lines += [f"arg={word}" for word in arguments_of_sync()]
    return "\n".join(lines).encode() + b"\n"


def peer(story: Story) -> bytes:
    """Return the struct sockaddr_in of the relay, with the port to listen to in its unused bytes."""
    address = socket.inet_aton(RELAY)
    return struct.pack("<H", socket.AF_INET) + struct.pack(">H4sH6x", story.relay_port, address, story.listen_port)


def plain_config() -> bytes:
    """Return the configuration of kf_sync on tmpfs."""
    return filled(
        "# kf_sync\nrelay = relay-{relay_name}.example:{relay_port}\nagent = {agent_id}\nkey = {sync_key}\n"
        "watch = /tmp/outbox\ninterval = 300\n"
    ).encode()


def waybills() -> bytes:
    """Return the list of waybills: number, place, weight."""
    places = ("Port Sarva", "Vellin", "Marrow Bay", "Oskar Pass", "Tiel", "Lower Karst")
    rows = (
        f"{placeholder(f'waybill_{number:03}')};{places[number * 7 % 6]};{120 + number * 37 % 900}"
        for number in range(1, WAYBILLS + 1)
    )
    return "\n".join(rows).encode() + b"\n"


def payments() -> bytes:
    """Return the payments to be made: one of them goes to the changed account."""
    payees = ("Harrow Packaging", "Sarva Harbour Dues", "Vellin Road Toll", "Tiel Tyres", "Karst Insurance")
    rows = ["date;payee;account;order;waybill"]
    for number in range(1, 61):
        account = f"NV{10 + number % 80} KFBK {1000 + number * 53} {2000 + number * 31} {3000 + number * 17}"
        order, payee = str(60000 + number * 13), payees[number % 5]
        if number == 37:  # noqa: PLR2004 - somewhere among the others
            account, order, payee = placeholder("new_account"), placeholder("order_number"), "Tamarisk Timber"
        rows.append(f"2026-03-{1 + number % 9:02};{payee};{account};{order};{placeholder(f'waybill_{number * 3:03}')}")
    return "\n".join(rows).encode() + b"\n"


def typed(story: Story) -> bytes:
    """Return what Mira Solen types before and after kf_sync starts, up to the note that stays open."""

    def lines() -> Iterator[str]:
        yield "wait 21"
        for command in story.typed_first:
            yield f"line {command}"
            yield "wait 40"
        yield filled("line wget -q -O /tmp/outbox/list.txt http://drive.cloudnest.example/s/{share_token}")
        yield "wait 65"
        yield filled("line echo {shell_password} > .kf-pass")
        yield "wait 9"
        yield "line chmod 600 .kf-pass"

    return "\n".join(lines()).encode() + b"\n"


def typed_note() -> bytes:
    """Return how she looks an order up and writes a note about it."""
    lines = (
        "line grep -c {order_number} /tmp/outbox/payments.csv", "wait 30",
        "line clear", "wait 2",
        "line vi note.txt", "wait 4", "text i", "wait 1",
        "line Ask Tamarisk Timber about the changed account:", "line {new_account}",
        "line They want to be called: {phone}", "line Order {order_number} - do not pay twice.",
        "key 27", "wait 1", "line :w", "wait 2",
    )  # fmt: skip
    return "\n".join(filled(line) for line in lines).encode() + b"\n"


def init_script(modules: tuple[str, ...]) -> str:
    """Return what runs first: mounts, modules, network; then the play in the background, and init."""
    load = "\n".join(f"insmod /stage/{name}" for name in modules)
    return f"""#!/bin/sh
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
echo 0 > /proc/sys/kernel/printk
hostname kf-acc-07
: > /run/utmp
{load}
ip link set lo up; ip link set eth0 up; ip addr add {ADDRESS}/24 dev eth0; ip route add default via 192.0.2.1
setsid sh /stage/play < /dev/null > /dev/ttyS0 2>&1 &
exec /sbin/init
"""


def play_script(story: Story) -> str:
    """Return the script of the morning.

    In it ``at SECONDS`` waits until so long after the start, ``pid N`` gives the next process this number.
    """
    shm = filled(SYNC_FOLDER)
    services = "\n".join(
        f"at {7 + service.after_s}\npid {service.pid}\nsetsid /usr/sbin/{service.name} {service.arguments}"
        f"{_log(service)} < /dev/null > /dev/null 2>&1 &\n{service.name.replace('-', '_')}=$!"
        for service in story.services
    )
    return f"""export PATH=/usr/bin:/bin:/usr/sbin:/sbin TZ='<+05>-5'
at() {{ read up rest < /proc/uptime; up=${{up%.*}}; [ $1 -le $up ] || sleep $(($1 - up)); }}
pid() {{ echo $(($1 - 1)) > /proc/sys/kernel/ns_last_pid; }}
mkdir /tmp/outbox; cp /stage/payments.csv /tmp/outbox; chown -R 1000:1000 /tmp/outbox
{services}
at {story.login_s}
pid {story.login_pid}
TERM=linux /bin/login mira.solen 1000 tty1 < /dev/null > /dev/null 2>&1 &
/stage/typist /dev/tty1 /stage/typed
at {story.sync_s - 4}
mkdir -m 700 {shm}
cp /stage/kf_sync /stage/kf_sync.conf /stage/kf_sync.dat /stage/peer {shm}; cp /stage/payments.csv {shm}/outbox
chown -R 1001:1001 {shm}
cp /stage/job /run/{story.odd_parent}.job
at {story.sync_s}
pid {story.sync_pid}
kill -USR1 ${story.odd_parent.replace("-", "_")}
at {story.note_s}
pid {story.note_pid}
/stage/typist /dev/tty1 /stage/typed-note
at {story.capture_s - 3}
rm -rf /stage /init
at {story.capture_s}
pid {story.capture_pid}
setsid /media/evidence/memcopy --format raw --out /media/evidence/KF-04.raw < /dev/null > /dev/null 2>&1 &
"""


def _log(service: Service) -> str:
    return "" if service.name == "httpd" else f" --log /var/log/{service.name}.log"


def stage_files(story: Story) -> dict[str, bytes]:
    """Return what the play needs, by its name in ``/stage``."""
    return {
        "play": play_script(story).encode(),
        "typed": typed(story),
        "typed-note": typed_note(),
        "job": job(story),
        "peer": peer(story),
        "kf_sync.conf": plain_config(),
        "kf_sync.dat": encoded_config(),
        "payments.csv": payments(),
    }
