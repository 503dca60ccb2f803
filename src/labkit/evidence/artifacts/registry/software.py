"""The SOFTWARE hive: the installed Windows, programs, networks, and accounts that have a profile.

Source: libyal, "Windows Registry Knowledge Base" (winreg-kb), "Windows product information"; Microsoft, "Uninstall
Registry Key" and NLM_NETWORK_CATEGORY; MS-DTYP, section 2.3.13 "SYSTEMTIME".
"""

import struct
from collections.abc import Iterator
from datetime import datetime

from labkit.evidence.artifacts.moments import from_filetime, from_local, from_unix_seconds
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known, utc_text
from labkit.evidence.artifacts.registry.hive import Hive, data, keys_below, number, opened_hive, text, written
from labkit.evidence.artifacts.source import Source

_VERSION = "Microsoft\\Windows NT\\CurrentVersion"
_UNINSTALL = (
    "Microsoft\\Windows\\CurrentVersion\\Uninstall",
    "WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall",
)
_NETWORK_TYPES = {6: "wired", 23: "virtual private", 71: "wireless"}
_CATEGORIES = {0: "public", 1: "private", 2: "domain"}
_SYSTEM_TIME = struct.Struct("<8H")  # year, month, weekday, day, hour, minute, second, milliseconds
_MAC_BYTES = 6


def _records(source: Source, problem: Problem) -> Iterator[ArtifactRecord]:
    with opened_hive(source, problem) as hive:
        yield from _windows(hive)
        yield from _programs(hive)
        yield from _networks(hive)
        yield from _profiles(hive)


def _windows(hive: Hive) -> Iterator[ArtifactRecord]:
    key = hive.key(_VERSION)
    name = text(key, "ProductName")
    if key is None or name is None:
        return
    ticks, seconds = number(key, "InstallTime"), number(key, "InstallDate")
    installed = from_filetime(ticks) if ticks else from_unix_seconds(seconds or 0)
    yield hive.record(
        "os_install",
        key,
        f"{name} was installed, or last brought to a new version",
        known(
            product=name,
            edition=text(key, "EditionID"),
            display_version=text(key, "DisplayVersion") or text(key, "ReleaseId"),
            build=text(key, "CurrentBuild"),
            owner=text(key, "RegisteredOwner"),
            organisation=text(key, "RegisteredOrganization"),
            system_root=text(key, "SystemRoot"),
        ),
        at=installed,
        time_of="installation",
    )


def _programs(hive: Hive) -> Iterator[ArtifactRecord]:
    for path in _UNINSTALL:
        for key in keys_below(hive.key(path)):
            name = text(key, "DisplayName")
            if name is None:
                continue
            yield hive.record(
                "uninstall",
                key,
                f"installed: {name}",
                known(
                    name=name,
                    version=text(key, "DisplayVersion"),
                    publisher=text(key, "Publisher"),
                    installed_on_local=text(key, "InstallDate"),
                    folder=text(key, "InstallLocation"),
                    uninstall_command=text(key, "UninstallString"),
                ),
                at=written(key),
                time_of="key last written",
            )


def _networks(hive: Hive) -> Iterator[ArtifactRecord]:
    gateways = {
        (text(key, "ProfileGuid") or "").casefold(): data(key, "DefaultGatewayMac")
        for kind in keys_below(hive.key(f"{_VERSION}\\NetworkList\\Signatures"))
        for key in keys_below(kind)
    }
    for key in keys_below(hive.key(f"{_VERSION}\\NetworkList\\Profiles")):
        gateway = gateways.get((key.name or "").casefold())
        times = {name: _local(data(key, name)) for name in ("DateCreated", "DateLastConnected")}
        name = text(key, "ProfileName") or "?"
        details = known(
            name=name,
            profile=key.name,
            type=_NETWORK_TYPES.get(number(key, "NameType") or 0),
            category=_CATEGORIES.get(number(key, "Category") or 0),
            gateway_mac=gateway.hex("-") if gateway and len(gateway) == _MAC_BYTES else None,
            created_local=_text(times["DateCreated"]),
            last_connected_local=_text(times["DateLastConnected"]),
            key_written_utc=utc_text(written(key)),
        )
        for value_name, what in (("DateCreated", "first connected"), ("DateLastConnected", "last connected")):
            local = times[value_name]
            if local is not None:
                at = from_local(local, hive.source.zone)
                yield hive.record("networks", key, f"network {name}: {what}", details, at=at, time_of=what)


def _local(stored: bytes | None) -> datetime | None:
    if stored is None or len(stored) != _SYSTEM_TIME.size:
        return None
    year, month, _, day, hour, minute, second, milliseconds = _SYSTEM_TIME.unpack(stored)
    try:
        return datetime(year, month, day, hour, minute, second, milliseconds * 1000)  # noqa: DTZ001 - it has no zone
    except ValueError:
        return None


def _text(local: datetime | None) -> str | None:
    return None if local is None else local.isoformat()


def _profiles(hive: Hive) -> Iterator[ArtifactRecord]:
    for key in keys_below(hive.key(f"{_VERSION}\\ProfileList")):
        path = text(key, "ProfileImagePath")
        if path is None:
            continue
        yield hive.record(
            "profiles",
            key,
            f"profile of an account: {path}",
            known(sid=key.name, path=path),
            at=written(key),
            time_of="key last written",
        )


PARSER = ArtifactParser(
    name="registry",
    kinds={
        "os_install": "Registry, SOFTWARE: the installed Windows",
        "uninstall": "Registry, SOFTWARE: installed programs",
        "networks": "Registry, SOFTWARE: networks, in local time",
        "profiles": "Registry, SOFTWARE: accounts that have a profile",
    },
    patterns=("*/config/software", "*/config/regback/software"),
    records=_records,
)
