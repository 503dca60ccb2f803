"""From a pack to a workspace: everything is checked, then the folder appears whole."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from labkit.atomic import whole_folder
from labkit.errors import WorkspaceError
from labkit.workspace.folder import WORK, Workspace, open_workspace
from labkit.workspace.manifest import SIGNATURE
from labkit.workspace.pack import Pack, Progress
from labkit.workspace.records import write_json
from labkit.workspace.root import KIT, MANIFEST, find_root

WORKSPACE_KEY = "workspace.key"
KEY_BYTES = 32


def start_workspace(
    pack_path: Path,
    into: Path,
    *,
    progress: Progress | None = None,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Workspace:
    """Make the workspace ``into`` from a pack.

    The pack is unpacked beside its place and renamed when every digest was right, so that a broken pack, a full disk
    or Ctrl-C leave nothing behind.

    Args:
        pack_path: The file .labpack.
        into: The folder to make; it must not be there, or be empty.
        progress: Called with the name of each file that was written.
        random_bytes: Where the workspace key comes from.

    Raises:
        PackError: The pack is damaged, changed, or for a newer labkit.
        WorkspaceError: There is something at ``into`` already.
        StorageError: There is not enough space.
    """
    into = into.absolute()
    with Pack(pack_path) as pack:
        _refuse_existing(into)
        with whole_folder(into) as partial:
            pack.unpack(partial, progress)
            _keep_house(partial, pack, random_bytes)
    return open_workspace(into)


def _keep_house(root: Path, pack: Pack, random_bytes: Callable[[int], bytes]) -> None:
    (root / "kit").rename(root / KIT)
    (root / KIT / MANIFEST).write_bytes(pack.manifest_bytes)
    (root / KIT / SIGNATURE).write_bytes(pack.signature)
    key = root / KIT / WORKSPACE_KEY
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(random_bytes(KEY_BYTES).hex())
    (root / WORK).mkdir()
    (root / "custody.jsonl").touch()
    (root / "examination.jsonl").touch()
    write_json(root / "answers.json", {})


def _refuse_existing(into: Path) -> None:
    if into.exists() and not (into.is_dir() and not any(into.iterdir())):
        kind = "a workspace" if find_root(into) == into.resolve() else "something else"
        raise WorkspaceError(
            f"{into} is there already and holds {kind}; nothing was changed",
            remedy="Go on working in it, or choose another folder with --into.",
        )
