"""The initial file systems: programs of Debian, our own programs, and what a story needs."""

import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from memory_base import story as stories
from memory_base.initramfs import Entry, archive, folder, link, regular
from memory_base.kernel_package import MODULES, Kernel
from memory_base.tokens import placeholder

_SOURCES = Path(__file__).parent / "guest"
_BUSYBOX = Path("/bin/busybox")
_BASH = Path("/bin/bash-static")
_INSTALLED = int(datetime(2026, 1, 19, 6, 30, tzinfo=UTC).timestamp())
_COMPILER = ("gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Os", "-s", "-static", "-Wl,--build-id=none")
_FOLDERS = (
    "bin", "boot", "dev", "etc", "home", "media", "media/evidence", "proc", "root", "run", "sbin", "sys", "tmp", "usr",
    "usr/bin", "usr/sbin", "var", "var/lib", "var/lib/kestrel", "var/log", "var/spool", "var/spool/cron",
    "var/spool/cron/crontabs", "stage",
)  # fmt: skip
_APPLETS = (
    "[", "cat", "chmod", "chown", "clear", "cp", "cut", "date", "dd", "df", "echo", "grep", "gzip", "head", "hostname",
    "id", "insmod", "ip", "kill", "less", "ln", "ls", "mkdir", "mount", "mv", "ps", "pwd", "rm", "sed", "setsid", "sh",
    "sleep", "sort", "stty", "sync", "tail", "tar", "touch", "uname", "usleep", "vi", "wc", "wget", "who",
)  # fmt: skip
_SUPERUSER = ("crond", "getty", "init", "poweroff")


def programs(build: Path) -> dict[str, bytes]:
    """Compile our programs in ``build``; return them by name."""
    words = {"BUILD_ID": placeholder("build_id"), "SESSION_ID": placeholder("session_id")}
    definitions = [f'-D{name}="{value}"' for name, value in words.items()]
    found = {}
    for source in sorted(_SOURCES.glob("*.c")):
        target = build / source.stem
        subprocess.run([*_COMPILER, *definitions, "-o", str(target), str(source)], check=True)
        found[source.stem] = target.read_bytes()
    return found


def symbols_archive() -> bytes:
    """Return the file system of the boot that only says what its symbols and types are."""
    script = """#!/bin/sh
export PATH=/bin:/sbin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
echo 0 > /proc/sys/kernel/kptr_restrict
stty -F /dev/ttyS1 raw -echo 115200
gzip -c /proc/version > /dev/ttyS1; gzip -c /proc/kallsyms > /dev/ttyS1; gzip -c /sys/kernel/btf/vmlinux > /dev/ttyS1
sync; sleep 2; poweroff -f
"""
    return archive([*_system(()), regular("init", script.encode(), 0o755)], _INSTALLED)


def story_archive(story: stories.Story, kernel: Kernel, build: Path) -> bytes:
    """Return the file system in which ``story`` plays."""
    own = programs(build)
    services = [service.name for service in story.services if service.name != "httpd"]
    stage: Mapping[str, bytes] = (
        stories.stage_files(story)
        | {"kf_sync": own["kf_sync"], "typist": own["typist"]}
        | {Path(name).name: kernel.module(name) for name in MODULES}
    )
    entries: list[Entry] = [
        *_system(() if len(services) == len(story.services) else ("httpd",)),
        *(folder(f"home/{name}", 0o750, number) for name, number, _ in stories.USERS),
        link("var/run", "../run"),
        *_configuration(),
        *(regular(f"usr/sbin/{name}", own["office"], 0o755) for name in services),
        regular("bin/login", own["login"], 0o755),
        regular("media/evidence/memcopy", own["memcopy"], 0o755),
        regular("var/lib/kestrel/waybills.csv", stories.waybills()),
        *(regular(f"stage/{name}", content, 0o755) for name, content in sorted(stage.items())),
        regular("init", stories.init_script(tuple(Path(name).name for name in MODULES)).encode(), 0o755),
    ]
    return archive(entries, _INSTALLED)


def _system(daemons: Iterable[str]) -> list[Entry]:
    return [
        *(folder(name, 0o1777 if name == "tmp" else 0o755) for name in _FOLDERS),
        regular("bin/busybox", _BUSYBOX.read_bytes(), 0o755),
        regular("bin/bash", _BASH.read_bytes(), 0o755),
        *(link(f"bin/{name}", "busybox") for name in _APPLETS),
        *(link(f"sbin/{name}", "../bin/busybox") for name in _SUPERUSER),
        *(link(f"usr/sbin/{name}", "../../bin/busybox") for name in daemons),
    ]


def _configuration() -> list[Entry]:
    accounts = "".join(
        f"{name}:x:{number}:{number}:{full}:/home/{name}:/bin/bash\n" for name, number, full in stories.USERS
    )
    groups = "".join(f"{name}:x:{number}:\n" for name, number, _ in stories.USERS)
    texts = {
        "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n" + accounts,
        "etc/group": "root:x:0:\ntty:x:5:\n" + groups,
        "etc/hostname": "kf-acc-07\n",
        "etc/hosts": f"127.0.0.1 localhost kf-acc-07\n{stories.PROVIDER} drive.cloudnest.example\n",
        "etc/issue": "Kestrel Freight LLC\n",
        "etc/profile": "PS1='\\u@\\h:\\w\\$ '\nHISTSIZE=500\numask 022\n",
        "etc/inittab": "::once:/sbin/crond -f -l 8\n"
        + "".join(f"{tty}::respawn:/sbin/getty 38400 {tty}\n" for tty in ("tty2", "tty3")),
        "var/spool/cron/crontabs/root": "",
        "etc/resolv.conf": "nameserver 192.0.2.3\n",
    }
    return [regular(path, text.encode()) for path, text in texts.items()]
