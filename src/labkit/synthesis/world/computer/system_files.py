"""The files that Windows itself brings: names, places and sizes as on a real system, content that means nothing.

No byte is Microsoft's. A program file here begins like one (``MZ``) and goes on with a tile of bytes without a
pattern, repeated: it has a digest of its own, fills its clusters, and packs small.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from labkit.synthesis.streams import Stream
from labkit.synthesis.words import word_list

_RELEASED = datetime(2019, 12, 7, 9, 8, tzinfo=UTC)
_TILE_BYTES, _TILES = 512, 256
_STUB = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"
_COMPONENT = "31bf3856ad364e35_10.0.19041"
_LANGUAGES = ("en-US", "ru-RU")


@dataclass(frozen=True, slots=True)
class SystemFile:
    """One file of the system. ``modified`` is when it was made, long before it was installed."""

    path: str
    data: bytes
    modified: datetime


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the system: its share of all files in per mille, its folder, endings, and sizes in bytes."""

    share: int
    folder: str
    endings: tuple[str, ...]
    smallest: int
    largest: int


_PARTS = (
    _Part(205, "/Windows/System32", ("dll", "dll", "dll", "dll", "exe", "cpl", "ocx"), 3_000, 26_000),
    _Part(30, "/Windows/System32/drivers", ("sys",), 4_000, 30_000),
    _Part(50, "/Windows/System32/{language}", ("dll.mui", "exe.mui"), 900, 5_000),
    _Part(40, "/Windows/System32/DriverStore/FileRepository/{package}", ("inf", "sys", "cat", "pnf"), 400, 9_000),
    _Part(95, "/Windows/SysWOW64", ("dll", "dll", "dll", "exe"), 3_000, 22_000),
    _Part(250, "/Windows/WinSxS/{component}", ("dll", "exe", "mui", "xml"), 300, 9_000),
    _Part(130, "/Windows/WinSxS/Manifests", ("manifest",), 220, 640),
    _Part(60, "/Windows/servicing/Packages", ("mum", "cat"), 300, 5_000),
    _Part(20, "/Windows/Fonts", ("ttf", "fon"), 8_000, 60_000),
    _Part(25, "/Windows/INF", ("inf", "pnf"), 400, 6_000),
    _Part(25, "/Windows/assembly/NativeImages_v4.0.30319_64/{assembly}", ("ni.dll", "ni.dll.aux"), 500, 20_000),
    _Part(20, "/Windows/Globalization", ("nls", "dat"), 300, 12_000),
    _Part(50, "/Program Files/{product}", ("dll", "exe", "xml", "txt", "ico"), 400, 24_000),
)
# Names that everybody who opens the folder expects.
_WELL_KNOWN = (
    "advapi32.dll", "bcrypt.dll", "calc.exe", "cmd.exe", "combase.dll", "comctl32.dll", "conhost.exe", "crypt32.dll",
    "csrss.exe", "dllhost.exe", "dnsapi.dll", "dwm.exe", "gdi32.dll", "hal.dll", "kernel32.dll", "KernelBase.dll",
    "lsass.exe", "lsasrv.dll", "mmc.exe", "msvcrt.dll", "mspaint.exe", "notepad.exe", "ntdll.dll", "ntoskrnl.exe",
    "ole32.dll", "oleaut32.dll", "powrprof.dll", "rundll32.exe", "secur32.dll", "services.exe", "shell32.dll",
    "shlwapi.dll", "smss.exe", "spoolsv.exe", "svchost.exe", "taskhostw.exe", "taskmgr.exe", "user32.dll",
    "userinit.exe", "uxtheme.dll", "version.dll", "wininit.exe", "winlogon.exe", "winmm.dll", "ws2_32.dll",
)  # fmt: skip
_STEMS = (
    "acl", "adm", "app", "audio", "auth", "bio", "cert", "clip", "cloud", "com", "cred", "dev", "dhcp", "disp", "dx",
    "edge", "event", "file", "fwp", "gpu", "help", "ime", "input", "key", "lang", "lic", "log", "mf", "ms", "net", "nt",
    "pdh", "perf", "print", "prov", "ras", "rdp", "reg", "sched", "sec", "sensor", "shell", "sync", "task", "ui", "usb",
    "vault", "wdi", "wer", "wifi", "win", "wlan", "wmi", "wpd", "xml", "xps",
)  # fmt: skip
_TAILS = (
    "api", "broker", "cache", "client", "cm", "core", "cpl", "ctl", "engine", "ext", "fx", "host", "hlp", "lib", "mgr",
    "mon", "policy", "prov", "prx", "proxy", "res", "rt", "server", "session", "settings", "svc", "tool", "ui", "util",
)  # fmt: skip
_COMPONENTS = 900
_PACKAGES = 140
_PRODUCTS = ("Common Files/System", "Internet Explorer", "Windows Defender", "Windows Mail", "Windows NT/Accessories",
             "Windows Photo Viewer", "WindowsPowerShell/Modules")  # fmt: skip


def system_files(count: int, stream: Stream) -> Iterator[SystemFile]:
    """Yield ``count`` files of a Windows system, no path twice, in the order in which they were installed."""
    taken: set[str] = set()
    for name in _WELL_KNOWN:
        taken.add(f"/windows/system32/{name}".lower())
        yield _file(f"/Windows/System32/{name}", stream.between(12_000, 60_000), stream)
    shares = [part for part in _PARTS for _ in range(part.share)]
    made = len(_WELL_KNOWN)
    while made < count:
        part = stream.pick(shares)
        path = f"{_folder(part.folder, stream)}/{_name(part, stream)}"
        if path.lower() in taken:
            continue
        taken.add(path.lower())
        made += 1
        # Few files are large: the square of an even draw.
        spread = stream.below(1000) ** 2 * (part.largest - part.smallest) // 1_000_000
        yield _file(path, part.smallest + spread, stream)


def body(name: str, size_bytes: int, tile: int) -> bytes:
    """Return the content of a program file of that name and size."""
    head = _STUB + name.encode().ljust(48, b"\0")[:48]
    pattern = _tiles()[tile % _TILES]
    return (head + pattern * (size_bytes // _TILE_BYTES + 1))[:size_bytes]


def _file(path: str, size_bytes: int, stream: Stream) -> SystemFile:
    name = path.rpartition("/")[2]
    modified = _RELEASED + timedelta(minutes=stream.below(90), days=stream.pick((0, 0, 0, 0, 410, 455, 820)))
    if name.endswith((".manifest", ".mum", ".xml", ".inf", ".txt")):
        return SystemFile(path, _text(name, size_bytes, stream), modified)
    return SystemFile(path, body(name, size_bytes, stream.below(_TILES)), modified)


def _text(name: str, size_bytes: int, stream: Stream) -> bytes:
    build = stream.below(4000)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\r\n<assembly name="{name}" version="10.0.19041.{build}">\r\n'
    line = f'  <file name="{stream.pick(_STEMS)}{stream.pick(_TAILS)}.dll" token="{stream.take(8).hex()}"/>\r\n'
    return (head + line * (size_bytes // len(line) + 1)).encode()[:size_bytes]


def _folder(pattern: str, stream: Stream) -> str:
    if "{" not in pattern:
        return pattern
    stem = f"{_STEMS[stream.below(len(_STEMS))]}{_TAILS[stream.below(len(_TAILS))]}"
    number = stream.below(_COMPONENTS)
    package = stream.below(_PACKAGES)
    return pattern.format(
        language=stream.pick(_LANGUAGES),
        package=f"{_STEMS[package % len(_STEMS)]}{package}.inf_amd64_{_token(package)}",
        component=f"amd64_microsoft-windows-{_TAILS[number % len(_TAILS)]}-{_STEMS[number % len(_STEMS)]}"
        f"_{_COMPONENT}.{number}_none_{_token(number)}",
        assembly=f"{stem.title()}",
        product=stream.pick(_PRODUCTS),
    )


def _name(part: _Part, stream: Stream) -> str:
    ending = stream.pick(part.endings)
    if ending in {"manifest", "mum", "cat"}:
        subject = f"{stream.pick(_STEMS).title()}-{stream.pick(_TAILS).title()}"
        return f"Microsoft-Windows-{subject}-Package~{stream.below(100_000):05d}.{ending}"
    word = stream.pick(word_list("plain"))[: stream.between(2, 4)] if stream.below(3) == 0 else ""
    number = str(stream.between(2, 99)) if stream.below(2) else ""
    return f"{stream.pick(_STEMS)}{word}{stream.pick(_TAILS)}{number}.{ending}"


def _token(number: int) -> str:
    return Stream(b"system", f"token/{number}").take(8).hex()


@lru_cache(maxsize=1)
def _tiles() -> tuple[bytes, ...]:
    return tuple(Stream(b"system", f"tile/{number}").take(_TILE_BYTES) for number in range(_TILES))
