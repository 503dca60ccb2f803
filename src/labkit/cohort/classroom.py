"""The folder of a class: settings, roster, keys, packs, results."""

import re
import secrets
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labkit.atomic import whole_folder
from labkit.cohort.keys import KEYS, ClassKeys, is_wrapped, new_keys, read_keys, write_keys
from labkit.cohort.roster import read_roster
from labkit.cohort.store import RESULTS, Store
from labkit.custody.overlay import DEFAULT, Overlay, overlay_text, parse_overlay
from labkit.errors import WorkspaceError
from labkit.model.people import Trainee
from labkit.workspace.pack import SUFFIX

SETTINGS = "class.toml"
ROSTER = "roster.csv"
PACKS = "packs"
OVERLAY = "overlay.toml"
FIRST_KEY_VERSION = "k1"
_SCHEMA = 1
_TOML_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"'}


@dataclass(frozen=True, slots=True)
class Classroom:
    """One class: where it lies, what it is called, who is in it. ``created`` is an aware time in UTC."""

    root: Path
    name: str
    course: str
    created: datetime
    key_version: str
    trainees: tuple[Trainee, ...]

    @property
    def packs(self) -> Path:
        """Return the folder of the packs."""
        return self.root / PACKS

    @property
    def results_path(self) -> Path:
        """Return the file of the results."""
        return self.root / RESULTS

    @property
    def needs_passphrase(self) -> bool:
        """Return whether the keys are protected by a passphrase."""
        return is_wrapped(self.root / KEYS)

    @property
    def overlay_path(self) -> Path:
        """Return where the class says what its country adds to the custody rules; the file need not be there."""
        return self.root / OVERLAY

    def overlay(self) -> Overlay:
        """Return what the country of the class adds to the custody rules.

        Raises:
            CustodyError: The file ``overlay.toml`` of the class is wrong.
        """
        text = self.overlay_text()
        return DEFAULT if text is None else parse_overlay(OVERLAY, text)

    def overlay_text(self) -> str | None:
        """Return the file ``overlay.toml`` of the class, or None where there is none.

        Raises:
            CustodyError: It can not be read.
        """
        return overlay_text(str(self.overlay_path)) if self.overlay_path.exists() else None

    def pack_path(self, trainee: Trainee) -> Path:
        """Return where the pack of a trainee lies."""
        return self.packs / f"{trainee.trainee_id}{SUFFIX}"

    def keys(self, passphrase: str | None = None) -> ClassKeys:
        """Return the keys; see ``keys.read_keys``."""
        return read_keys(self.root / KEYS, passphrase)


def new_classroom(
    root: Path,
    *,
    roster: bytes,
    roster_name: str = ROSTER,
    course: str,
    name: str | None = None,
    passphrase: str | None = None,
    overlay: str | None = None,
    now: datetime,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Classroom:
    """Make the folder of a class; it appears whole or not at all.

    ``overlay`` is the text of what the country of the class adds to the custody rules.

    Raises:
        RosterError: The roster is wrong.
        WorkspaceError: There is something at ``root`` already.
    """
    read_roster(roster, name=roster_name)
    root = root.absolute()
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise WorkspaceError(f"{root} is there already; nothing was changed", remedy="Choose another name.")
    with whole_folder(root) as partial:
        partial.mkdir()
        settings = _settings(name or root.name, course, now)
        (partial / SETTINGS).write_text(settings, encoding="utf-8", newline="\n")
        (partial / ROSTER).write_bytes(roster)
        if overlay is not None:
            (partial / OVERLAY).write_text(overlay, encoding="utf-8", newline="\n")
        write_keys(partial / KEYS, new_keys(random_bytes), passphrase)
        (partial / PACKS).mkdir()
        Store.create(partial / RESULTS).close()
    return open_classroom(root)


def open_classroom(root: Path) -> Classroom:
    """Return the class in a folder.

    Raises:
        WorkspaceError: It is not the folder of a class, or class.toml is damaged or newer.
        RosterError: The roster was changed into something wrong.
    """
    try:
        settings = tomllib.loads((root / SETTINGS).read_bytes().decode("utf-8-sig"))
        schema, key_version = settings["schema"], str(settings["key_version"])
        name, course, created = str(settings["name"]), str(settings["course"]), settings["created"]
    except FileNotFoundError:
        raise WorkspaceError(
            f"{root} is not the folder of a class: it has no {SETTINGS}",
            remedy="Name the folder that 'labkit trainer new' made.",
        ) from None
    except (KeyError, ValueError) as error:
        raise WorkspaceError(f"{root / SETTINGS} can not be read: {error}", remedy=_RESTORE) from None
    if schema != _SCHEMA or not isinstance(created, datetime) or created.tzinfo is None:
        raise WorkspaceError(f"{root / SETTINGS} is not of this labkit, or damaged", remedy=_RESTORE)
    try:
        roster = (root / ROSTER).read_bytes()
    except FileNotFoundError:
        raise WorkspaceError(f"{root / ROSTER} is missing", remedy=_RESTORE) from None
    return Classroom(root, name, course, created.astimezone(UTC), key_version, read_roster(roster))


def find_trainee(classroom: Classroom, trainee_id: str) -> Trainee:
    """Return one trainee of a class.

    Raises:
        WorkspaceError: Nobody in the roster has this id.
    """
    for trainee in classroom.trainees:
        if trainee.trainee_id.casefold() == trainee_id.casefold():
            return trainee
    known = ", ".join(trainee.trainee_id for trainee in classroom.trainees[:10])
    raise WorkspaceError(f"nobody in the roster has the id {trainee_id!r}", remedy=f"Use one of: {known} ...")


def _settings(name: str, course: str, now: datetime) -> str:
    created = now.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return (
        "# A class of labkit. The course and the times in the packs follow from this file; do not change it after\n"
        "# the packs were handed out. keys.json is secret: who has it can compute every answer.\n"
        f"schema = {_SCHEMA}\n"
        f'name = "{_toml(name)}"\n'
        f'course = "{_toml(course)}"\n'
        f"created = {created}\n"
        f'key_version = "{FIRST_KEY_VERSION}"\n'
    )


def _toml(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", " ", text).translate(_TOML_ESCAPES)


_RESTORE = "Put the file back from your backup."
