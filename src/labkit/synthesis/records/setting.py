"""Places, exhibits and papers of the custody file's case: what its first lines declare."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from labkit.synthesis.clock import zone
from labkit.synthesis.records.cast import (
    CENTRAL_ZONE,
    CUSTODIAN,
    DISK,
    EXAMINER,
    EXPERT,
    HOME_ZONE,
    INVESTIGATOR,
    KEEPER,
    PC,
    PHONE,
    PROSECUTOR,
    ROLES,
    SPECIALIST,
    STICK,
    Cast,
)
from labkit.synthesis.records.draft import Line

CASE_NUMBER, WARRANT, PROTOCOL = "NV-2026-0388", "W-2026/0388", "PR-0388/1"
OFFICE, SERVER_ROOM, YARD, CAR = "OFFICE", "SERVER", "YARD", "CAR"
STORE, LAB, CENTRAL, COURT, PROSECUTION = "STORE", "LAB", "CENTRAL", "COURT", "PROSEC"
MEMORY, STICK_IMAGE, STICK_COPY, STICK_EXTRACT = f"{PC}-M", f"{STICK}-I", f"{STICK}-W", f"{STICK}-X"
DISK_IMAGE, DISK_COPY, DISK_EXTRACT = f"{DISK}-I", f"{DISK}-W", f"{DISK}-X"
SEIZED = (PC, STICK, PHONE, DISK)
SECTOR_BYTES = 512
_PLACES: Mapping[str, tuple[str, str, str, str, tuple[int, int] | None, tuple[str, ...]]] = {
    # place: (kind, address, zone, site, kilometres on the map, access list)
    OFFICE: ("scene", "Heron Dock Services, Quay Street 4, office", HOME_ZONE, "QUAY", (3, 1), ()),
    SERVER_ROOM: ("scene", "Heron Dock Services, Quay Street 4, server room", HOME_ZONE, "QUAY", (3, 1), ()),
    YARD: ("scene", "Quay Street 4, yard: private car of an employee", HOME_ZONE, "QUAY", (3, 1), ()),
    CAR: ("vehicle", "police car 17", HOME_ZONE, "", None, ()),
    STORE: ("evidence_store", "Police, Lighthouse Street 1, evidence store", HOME_ZONE, "HQ", (0, 0), (CUSTODIAN,)),
    LAB: ("lab", "Police, Lighthouse Street 1, laboratory", HOME_ZONE, "HQ", (0, 0), (EXAMINER, SPECIALIST)),
    CENTRAL: ("lab", "Central Laboratory, Mill Lane 9", CENTRAL_ZONE, "CENTRAL", (620, -140), (KEEPER, EXPERT)),
    PROSECUTION: ("other", "Prosecutor's Office, Long Square 5", HOME_ZONE, "PROSEC", (1, 1), ()),
    COURT: ("court", "Court of Port Sarva, Long Square 2", HOME_ZONE, "COURT", (1, 2), (PROSECUTOR,)),
}


def declarations(cast: Cast) -> Iterator[tuple[str, Line]]:
    """Yield key and line of everything that a ledger introduces before it is used."""
    begin = datetime.combine(cast.day, time(7, 40), zone(HOME_ZONE))
    recorded = {"recorded_at": begin.isoformat()}
    issued = begin - timedelta(days=2, hours=-3, minutes=-12)
    valid_from = datetime.combine(cast.day, time(8, 0), zone(HOME_ZONE))
    warrant = {
        "auth_id": WARRANT,
        "kind": "warrant",
        "issuer": "Court of Port Sarva",
        "issued_at": issued.isoformat(),
        "valid_from": valid_from.isoformat(),
        "valid_to": (valid_from + timedelta(days=3)).isoformat(),
        "scope_text": "office and server room of Heron Dock Services, Quay Street 4: computers, media, phones",
        "scope_items": [OFFICE, SERVER_ROOM],
    }
    items = [
        {"exhibit_no": exhibit, "description": ORIGINALS[exhibit][1], "serial": cast.serials[exhibit]}
        for exhibit in SEIZED
    ]
    yield (
        "case",
        recorded
        | {
            "type": "case",
            "case_id": CASE_NUMBER,
            "jurisdiction": "NV",
            "officer_in_charge": INVESTIGATOR,
            "offence_ref": "fraud with shipping papers",
            "protocol_no": PROTOCOL,
            "protocol_items": items,
            "authority": [warrant],
        },
    )
    for person, (role, office) in ROLES.items():
        yield (
            person,
            recorded
            | {
                "type": "person",
                "person_id": person,
                "name": cast.names[person],
                "role": role,
                "org": office,
                "specimen_signature": cast.scans[person],
            },
        )
    for place, (kind, address, zone_name, site, map_km, access) in _PLACES.items():
        line: Line = recorded | {
            "type": "location", "loc_id": place, "kind": kind, "address_fictional": address, "tz": zone_name,
            "access_list": list(access),
        }  # fmt: skip
        if map_km is not None:
            line |= {"site": site, "map_km": list(map_km)}
        yield place, line


ORIGINALS: Mapping[str, tuple[str, str, str, str]] = {
    # exhibit: (kind, description, make, model)
    PC: ("device", "desktop computer, black, running", "Gannet", "D220"),
    STICK: ("medium", "USB stick, blue, 16 GB", "Tessel", "Mini 16"),
    PHONE: ("device", "mobile phone, grey, running", "Ansible", "P9"),
    DISK: ("medium", "external hard disk, 500 GB", "Granit", "X500"),
}
CAPACITIES: Mapping[str, str] = {PC: "256 GB", STICK: "16 GB", PHONE: "64 GB", DISK: "500 GB"}
