"""The trainee's folder: where things lie in it, and how a command finds it from wherever it is called."""

from dataclasses import dataclass
from pathlib import Path

from labkit.errors import PackError, WorkspaceError
from labkit.workspace.manifest import SIGNATURE, Manifest, ledger_genesis, read_manifest
from labkit.workspace.root import KIT, MANIFEST, find_root

EVIDENCE = "evidence"
WORK = "work"
OVERLAY = "overlay.toml"
_START_AGAIN = "Copy your answers.json to a safe place, start the pack again into a new folder, and tell your trainer."


@dataclass(frozen=True, slots=True)
class Workspace:
    """One trainee's folder, made from one pack. Its manifest was checked against the trainer's signature."""

    root: Path
    manifest: Manifest
    signature: bytes

    @property
    def kit(self) -> Path:
        """Return the folder of what the kit keeps for itself."""
        return self.root / KIT

    @property
    def evidence(self) -> Path:
        """Return the folder of the evidence; its files are read-only."""
        return self.root / EVIDENCE

    @property
    def custody_path(self) -> Path:
        """Return the custody ledger."""
        return self.root / "custody.jsonl"

    @property
    def overlay(self) -> str:
        """Return the overlay of the custody rules that the class works with: a path, or the name of the default."""
        path = self.kit / OVERLAY
        return str(path) if path.exists() else "default"

    @property
    def examination_path(self) -> Path:
        """Return the examination log."""
        return self.root / "examination.jsonl"

    @property
    def answers_path(self) -> Path:
        """Return the file of the answers."""
        return self.root / "answers.json"

    @property
    def ledger_genesis(self) -> str:
        """Return what the first line of the custody ledger names as the digest before it."""
        return ledger_genesis(self.signature, self.manifest.pack_token)

    @property
    def zone(self) -> str:
        """Return the IANA time zone in which the story takes place."""
        return self.manifest.zone

    @property
    def language(self) -> str:
        """Return the trainee's language."""
        return self.manifest.language


def find_workspace(start: Path) -> Workspace:
    """Return the workspace that ``start`` lies in.

    Raises:
        WorkspaceError: There is none, or it is damaged.
    """
    root = find_root(start)
    if root is None:
        raise WorkspaceError(
            f"there is no workspace in {start.resolve()} or above it",
            remedy="Go into the folder that 'labkit start' made, or start your pack: labkit start NAME.labpack",
        )
    return open_workspace(root)


def open_workspace(root: Path) -> Workspace:
    """Return the workspace at ``root``.

    Raises:
        WorkspaceError: Its manifest is missing, damaged or changed.
    """
    try:
        signature = (root / KIT / SIGNATURE).read_bytes()
        manifest = read_manifest((root / KIT / MANIFEST).read_bytes(), signature)
    except PackError as error:
        raise WorkspaceError(f"{root}: {error.message}", remedy=_START_AGAIN) from error
    except FileNotFoundError as error:
        raise WorkspaceError(f"{root}: {KIT}/{SIGNATURE} is missing", remedy=_START_AGAIN) from error
    return Workspace(root, manifest, signature)
