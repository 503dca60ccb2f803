"""The hive of an account (NTUSER.DAT): what was run, opened and typed.

Source: libyal, "Windows Registry Knowledge Base" (winreg-kb), the pages "User Assist", "Most recently used (MRU)",
"Typed paths" and "Microsoft Office".
"""

import re
import struct
from collections.abc import Iterator
from typing import Any

from labkit.evidence.artifacts.moments import from_filetime
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known
from labkit.evidence.artifacts.registry.hive import (
    Hive,
    data,
    keys_below,
    opened_hive,
    text,
    utf16_text,
    values,
    written,
)
from labkit.evidence.artifacts.source import Source

_EXPLORER = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer"
_OFFICE = "Software\\Microsoft\\Office"
_ROT13 = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm"
)
_COUNTS = struct.Struct("<iIII")  # session, runs, how often and how many milliseconds in front; version 5
_COUNTS_BYTES, _LAST_RUN = 72, 60
_OLD_COUNTS = struct.Struct("<iIQ")  # session, runs (from 5 on), last run; version 3
_OLD_FIRST_RUN = 5
_NO_PROGRAM = "UEME_"  # counters of the list itself
_KNOWN_FOLDERS = {  # Source: Microsoft, KNOWNFOLDERID
    "{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}": "System32",
    "{D65231B0-B2F1-4857-A4CE-A8E7C6EA7D27}": "SysWOW64",
    "{F38BF404-1D43-42F2-9305-67DE0B28FC23}": "Windows",
    "{6D809377-6AF0-444B-8957-A3773F02200E}": "Program Files",
    "{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}": "Program Files (x86)",
    "{0139D44E-6AFE-49F2-8690-3DAFCAE6FFB8}": "Common Programs",
    "{A77F5D77-2E2B-44C3-A6A2-ABA601054A51}": "Programs",
    "{9E3995AB-1F9C-4F13-B827-48B24B6C7174}": "User Pinned",
}
_END_OF_LIST = 0xFFFFFFFF
_OFFICE_ITEM = re.compile(r"\[F[0-9A-F]+\]\[T(?P<time>[0-9A-F]{16})\](?:\[[^\]]*\])*\*(?P<path>.*)", re.DOTALL)
_FIRST_ONLY = "key last written: the first of the list was put there then"


def _records(source: Source, problem: Problem) -> Iterator[ArtifactRecord]:
    with opened_hive(source, problem) as hive:
        yield from _user_assist(hive, problem)
        yield from _recent_docs(hive)
        yield from _typed_paths(hive)
        yield from _run_mru(hive)
        yield from _office_mru(hive)


def _user_assist(hive: Hive, problem: Problem) -> Iterator[ArtifactRecord]:
    for group in keys_below(hive.key(f"{_EXPLORER}\\UserAssist")):
        key = group.get_sub_key_by_name("Count")
        for stored_name, stored in values(key).items():
            name = stored_name.translate(_ROT13)
            if name.startswith(_NO_PROGRAM):
                continue
            if len(stored) == _COUNTS_BYTES:
                _, runs, focused, focus_ms = _COUNTS.unpack_from(stored)
                last = int.from_bytes(stored[_LAST_RUN : _LAST_RUN + 8], "little")
            elif len(stored) == _OLD_COUNTS.size:
                _, counted, last = _OLD_COUNTS.unpack(stored)
                runs, focused, focus_ms = max(0, counted - _OLD_FIRST_RUN), None, None
            else:
                problem(f"UserAssist counts {name} in a form of {len(stored)} bytes, which is not known")
                continue
            details = known(
                program=_with_known_folder(name),
                stored_name=name,
                list=group.name,
                run_count=runs,
                focus_count=focused,
                focus_seconds=None if focus_ms is None else focus_ms / 1000,
            )
            yield hive.record(
                "user_assist",
                key,
                f"{_with_known_folder(name)}: run {runs} times",
                details,
                at=from_filetime(last),
                time_of="last run",
            )


def _with_known_folder(name: str) -> str:
    folder, slash, rest = name.partition("\\")
    return f"{_KNOWN_FOLDERS.get(folder.upper(), folder)}{slash}{rest}"


def _recent_docs(hive: Hive) -> Iterator[ArtifactRecord]:
    top = hive.key(f"{_EXPLORER}\\RecentDocs")
    if top is None:
        return
    for key, group in ((top, None), *((key, key.name) for key in keys_below(top))):
        for place, number in enumerate(_order(data(key, "MRUListEx"))):
            stored = data(key, str(number))
            if stored is None:
                continue
            name = utf16_text(stored)
            yield hive.record(
                "recent_docs",
                key,
                f"opened lately: {name}",
                known(name=name, place=place + 1, list=group or "all"),
                at=None if place else written(key),
                time_of=_FIRST_ONLY,
            )


def _order(stored: bytes | None) -> list[int]:
    """Return the numbers in an MRUListEx, the most recently used first."""
    if stored is None:
        return []
    numbers = struct.unpack(f"<{len(stored) // 4}I", stored[: len(stored) // 4 * 4])
    end = numbers.index(_END_OF_LIST) if _END_OF_LIST in numbers else len(numbers)
    return list(numbers[:end])


def _typed_paths(hive: Hive) -> Iterator[ArtifactRecord]:
    key = hive.key(f"{_EXPLORER}\\TypedPaths")
    numbered = sorted((int(name[3:]), name) for name in values(key) if re.fullmatch(r"url\d{1,4}", name))
    for place, (_, name) in enumerate(numbered):
        path = text(key, name) or "?"
        yield hive.record(
            "typed_paths",
            key,
            f"typed into Explorer: {path}",
            known(path=path, place=place + 1),
            at=None if place or key is None else written(key),
            time_of=_FIRST_ONLY,
        )


def _run_mru(hive: Hive) -> Iterator[ArtifactRecord]:
    key = hive.key(f"{_EXPLORER}\\RunMRU")
    for place, letter in enumerate(text(key, "MRUList") or ""):
        stored = text(key, letter)
        if key is None or stored is None:
            continue
        command = stored.removesuffix("\\1")
        yield hive.record(
            "run_mru",
            key,
            f"typed into Run: {command}",
            known(command=command, place=place + 1),
            at=None if place else written(key),
            time_of=_FIRST_ONLY,
        )


def _office_mru(hive: Hive) -> Iterator[ArtifactRecord]:
    for version in keys_below(hive.key(_OFFICE)):
        for program in keys_below(version):
            yield from _office_lists(hive, program, program.name or "?", version.name or "?")


def _office_lists(hive: Hive, program: Any, name: str, version: str) -> Iterator[ArtifactRecord]:
    groups = [program]
    groups += [account for users in keys_below(program) if users.name == "User MRU" for account in keys_below(users)]
    for group in groups:
        for mru in keys_below(group):
            if mru.name not in ("File MRU", "Place MRU"):
                continue
            for value_name in values(mru):
                found = _OFFICE_ITEM.fullmatch(text(mru, value_name) or "")
                if found is None:
                    continue
                what = "document" if mru.name == "File MRU" else "folder"
                yield hive.record(
                    "office_mru",
                    mru,
                    f"{name} opened the {what} {found['path']}",
                    known(path=found["path"], program=name, version=version, list=mru.name, place=value_name),
                    at=from_filetime(int(found["time"], 16)),
                    time_of="last opened",
                )


PARSER = ArtifactParser(
    name="registry",
    kinds={
        "user_assist": "Registry, account: programs run from Explorer, how often, when last",
        "recent_docs": "Registry, account: documents opened, the latest first",
        "typed_paths": "Registry, account: paths typed into Explorer",
        "run_mru": "Registry, account: commands typed into the Run window",
        "office_mru": "Registry, account: documents and folders that Office opened",
    },
    patterns=("*/ntuser.dat", "/$orphanfiles/ntuser.dat"),
    records=_records,
)
