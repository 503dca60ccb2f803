"""Two and three trainees with ledgers of their own, small enough for unit tests."""

from datetime import datetime
from pathlib import Path
from typing import Any

from labkit.cohort.packs import PackContent, write_pack
from labkit.cohort.pairs import pair_of
from labkit.custody.ledger import append
from labkit.model.people import Trainee
from labkit.workspace.folder import Workspace
from labkit.workspace.pair import PAIR, pair_bytes
from labkit.workspace.start import start_workspace
from tests.small_class import COURSE, KEYS, NOW, TEXTS, a_manifest

PEOPLE = (
    Trainee("T01", "Nadia Marlow", "en"),
    Trainee("T02", "Тимур Ясенев", "ru"),
    Trainee("T03", "Owen Pryce", "en"),
)
AT = datetime.fromisoformat("2026-03-10T09:00:00+05:00")


def a_member(folder: Path, trainee: Trainee, people: tuple[Trainee, ...] = PEOPLE, *, keys: Any = KEYS) -> Workspace:
    """Return the workspace of somebody whose pack tells the pair."""
    folder.mkdir(parents=True, exist_ok=True)
    pair = pair_of(trainee, people, "Spring", COURSE, keys)
    manifest = a_manifest(
        trainee.trainee_id,
        trainee_name=trainee.name,
        language=trainee.language,
        pack_id=keys.pack_id(COURSE, trainee.trainee_id),
        public_key=keys.public_key,
    )
    pack = folder / f"{trainee.trainee_id}.labpack"
    write_pack(pack, PackContent({}, {**TEXTS, f"kit/{PAIR}": pair_bytes(pair)}), manifest, keys)
    return start_workspace(pack, folder / trainee.trainee_id)


def write_line(workspace: Workspace, **fields: Any) -> dict[str, Any]:
    """Add one line to the ledger of a workspace."""
    return append(workspace.custody_path, fields, genesis=workspace.ledger_genesis, recorded_at=AT)


def write_story(workspace: Workspace, *, purpose: str = "where the stick was found") -> None:
    """Write a short sound ledger; with a generic purpose it has one flaw, in line 5."""
    write_line(workspace, type="case", case_id="NV-2026-0417")
    write_line(workspace, type="person", person_id="O1", name="Sten Orlov", role="DEFR")
    write_line(workspace, type="location", loc_id="ROOM12", kind="scene", tz="Asia/Almaty")
    write_line(
        workspace, type="exhibit", exhibit_no="KF-02", root_exhibit_no="KF-02", kind="medium", description="red stick"
    )
    write_line(
        workspace,
        type="photographed",
        event_at=AT.isoformat(),
        exhibits=["KF-02"],
        actor="O1",
        location="ROOM12",
        purpose=purpose,
    )


__all__ = ["AT", "NOW", "PEOPLE", "a_member", "write_line", "write_story"]
