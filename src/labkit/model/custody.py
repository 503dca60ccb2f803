"""The custody record, schema ``custody/1``: declarations (case, person, location, exhibit) and events.

Field names are the keys of the JSON lines, with two exceptions that read better in the plural: ``hash`` is
``hashes`` here, and an exhibit's ``kind`` and an event's ``type`` are enums. A text that was left out is ``""``, a
number ``None``. What a ledger says is kept as it was written; whether it is right is the business of the rules.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

SCHEMA = "custody/1"


class EventType(StrEnum):
    """What can happen to an exhibit."""

    IDENTIFIED = "identified"
    SEIZED = "seized"
    PACKAGED = "packaged"
    SEALED = "sealed"
    UNSEALED = "unsealed"
    RESEALED = "resealed"
    RELEASED = "released"
    RECEIVED = "received"
    STORED = "stored"
    CHECKED_OUT = "checked_out"
    RETURNED = "returned"
    TRANSPORTED = "transported"
    PHOTOGRAPHED = "photographed"
    LIVE_ACTION = "live_action"
    ACQUIRED = "acquired"
    VERIFIED = "verified"
    COPIED = "copied"
    ANALYSED = "analysed"
    REPORTED = "reported"
    DISCLOSED = "disclosed"
    CORRECTED = "corrected"
    DISPOSED = "disposed"
    RETURNED_TO_OWNER = "returned_to_owner"


class DeclarationType(StrEnum):
    """What a ledger introduces before it is used."""

    CASE = "case"
    PERSON = "person"
    LOCATION = "location"
    EXHIBIT = "exhibit"


RECOVERED = "recovered"  # the third sort of line: an unfinished last line was set aside


class AuthorityKind(StrEnum):
    """What permits a step."""

    WARRANT = "warrant"
    COURT_ORDER = "court_order"
    CONSENT = "consent"
    URGENT = "urgent"
    MLA_EXECUTION = "mla_execution"


class Role(StrEnum):
    """What a person does in the case. DEFR and DES are the two roles of ISO/IEC 27037."""

    DEFR = "DEFR"
    DES = "DES"
    INVESTIGATOR = "investigator"
    CUSTODIAN = "custodian"
    COURIER = "courier"
    EXAMINER = "examiner"
    PROSECUTOR = "prosecutor"
    SPECIALIST = "specialist"
    ATTESTING_WITNESS = "attesting_witness"
    DEFENCE = "defence"


class LocationKind(StrEnum):
    """What a place is. Evidence stores, laboratories and courts can hold an exhibit; the others can not."""

    SCENE = "scene"
    VEHICLE = "vehicle"
    EVIDENCE_STORE = "evidence_store"
    LAB = "lab"
    COURT = "court"
    OTHER = "other"


class ExhibitKind(StrEnum):
    """What an exhibit is."""

    DEVICE = "device"
    MEDIUM = "medium"
    IMAGE = "image"
    WORKING_COPY = "working_copy"
    EXTRACT = "extract"
    LOG_EXPORT = "log_export"
    MEMORY_IMAGE = "memory_image"
    PAPER = "paper"


class PowerState(StrEnum):
    """How a device was found."""

    ON = "on"
    OFF = "off"
    SLEEP = "sleep"
    UNKNOWN = "unknown"


class SealState(StrEnum):
    """How a seal was found, or left."""

    INTACT = "intact"
    BROKEN = "broken"
    REMOVED = "removed"
    NEW = "new"


class HashOf(StrEnum):
    """Which bytes a digest was computed over."""

    MEDIA = "media"
    PARTITION = "partition"
    CONTAINER = "container"
    FILE = "file"
    MEMORY = "memory"


class HashStage(StrEnum):
    """When in the life of an exhibit a digest was computed."""

    SOURCE_PRE = "source_pre"
    IMAGE = "image"
    SOURCE_POST = "source_post"
    VERIFY = "verify"
    WORKCOPY = "workcopy"


class WriteBlockKind(StrEnum):
    """How the source was kept from being written to."""

    HARDWARE = "hw"
    SOFTWARE = "sw"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as it was written, and what it means.

    ``at`` is naive where the text has no offset from UTC: such a time can be shown but not compared.
    """

    text: str
    at: datetime

    @property
    def has_offset(self) -> bool:
        """Return whether the text says how far the clock was from UTC."""
        return self.at.tzinfo is not None

    @property
    def utc(self) -> datetime | None:
        """Return the moment in UTC; None where no offset was written."""
        return self.at.astimezone(UTC) if self.has_offset else None


@dataclass(frozen=True, slots=True)
class Authority:
    """A warrant, an order, a consent: what permits the case's measures, and for how long."""

    auth_id: str = ""
    kind: AuthorityKind | None = None
    issuer: str = ""
    issued_at: Moment | None = None
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    scope_text: str = ""
    scope_items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProtocolItem:
    """One item of the seizure protocol, as the paper has it."""

    exhibit_no: str = ""
    description: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What every line of a ledger has. ``seq`` counts from 1; digests are lower-case hex."""

    seq: int
    recorded_at: Moment | None = None
    prev_event_hash: str = ""
    event_hash: str = ""


@dataclass(frozen=True, slots=True)
class Case(Line):
    """The case that the ledger belongs to. ``protocol_items`` copies the list of the seizure protocol."""

    case_id: str = ""
    jurisdiction: str = ""
    officer_in_charge: str = ""
    offence_ref: str = ""
    authority: tuple[Authority, ...] = ()
    protocol_no: str = ""
    protocol_items: tuple[ProtocolItem, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Person(Line):
    """Somebody who handles exhibits or witnesses it. ``name`` is in the script of the document.

    ``specimen_signature`` is an Ed25519 public key (64 hex digits), or the SHA-256 of a scanned signature.
    """

    person_id: str = ""
    name: str = ""
    name_latin: str = ""
    role: Role | None = None
    org: str = ""
    badge_no: str = ""
    specimen_signature: str = ""
    joined_at: Moment | None = None
    left_at: Moment | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Location(Line):
    """A place, with the IANA name of its time zone. ``access_list`` holds person identifiers.

    Places of one ``site`` are in the same building or yard. ``map_km`` is where it lies on the map of the case:
    whole kilometres east and north of one point.
    """

    loc_id: str = ""
    kind: LocationKind | None = None
    address_fictional: str = ""
    tz: str = ""
    access_list: tuple[str, ...] = ()
    site: str = ""
    map_km: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit(Line):
    """One thing in custody. An original is its own root and derives from nothing.

    ``radio`` says that it talks to networks without a cable, as a phone does.
    """

    exhibit_no: str = ""
    root_exhibit_no: str = ""
    derived_from: tuple[str, ...] = ()
    kind: ExhibitKind | None = None
    description: str = ""
    make: str = ""
    model: str = ""
    serial: str = ""
    capacity_bytes: int | None = None
    sector_size: int | None = None  # bytes
    condition: str = ""
    power_state_at_seizure: PowerState | None = None
    clock_observed: str = ""  # as the device showed it; a device clock seldom knows its zone
    clock_reference: Moment | None = None
    photo_refs: tuple[str, ...] = ()
    found_at: str = ""
    found_by: str = ""
    quantity: int | None = None
    radio: bool = False
    note: str = ""

    @property
    def is_original(self) -> bool:
        """Return whether the exhibit was found, not made from another."""
        return not self.derived_from and self.root_exhibit_no in ("", self.exhibit_no)


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal, as it was found or left."""

    number: str = ""
    type: str = ""
    state: SealState | None = None


@dataclass(frozen=True, slots=True)
class HashRecord:
    """One digest that was computed. ``exhibit`` says of which one, where the event lists several."""

    alg: str = ""
    value: str = ""
    of: HashOf | None = None
    stage: HashStage | None = None
    computed_at: Moment | None = None
    tool: str = ""
    exhibit: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """The instrument of a technical step."""

    name: str = ""
    version: str = ""
    options: str = ""


@dataclass(frozen=True, slots=True)
class WriteBlock:
    """The write blocker of an acquisition. ``tested_event`` is the ``seq`` of the event that tested it."""

    kind: WriteBlockKind | None = None
    id: str = ""
    tested_event: int | None = None


@dataclass(frozen=True, slots=True)
class Transport:
    """How an exhibit travelled. ``escort`` holds the persons who were with it all the way."""

    carrier: str = ""
    tracking_no: str = ""
    vehicle: str = ""
    escort: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadErrors:
    """A run of sectors that could not be read: first sector, counted from 0 of the medium, and how many."""

    lba: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, how, and over which entry.

    ``method`` is ``ed25519`` or ``paper``. ``over`` is the digest of what was signed: the ``event_hash`` of an earlier
    line, or of this line what is left without signatures. ``value`` is the signature in hex; on paper, the SHA-256 of
    a scan where there is one.
    """

    person: str = ""
    method: str = ""
    over: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a device says of itself, or has printed on it, when it was looked at. ``exhibit`` as in ``HashRecord``."""

    exhibit: str = ""
    serial: str = ""
    capacity_bytes: int | None = None
    sectors: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo or paper that belongs to an event."""

    name: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Event(Line):
    """One thing that was done with exhibits. Persons, places and exhibits are named by their identifiers.

    ``corrects_event`` is the ``seq`` of the line that this one corrects or completes. ``competence_ref`` names the
    training or certificate of whoever touched an original.
    """

    event_id: str = ""
    type: EventType = EventType.IDENTIFIED
    event_at: Moment | None = None
    tz: str = ""
    location: str = ""
    exhibits: tuple[str, ...] = ()
    actor: str = ""
    released_by: str = ""
    received_by: str = ""
    purpose: str = ""
    authority_ref: str = ""
    seal_before: tuple[Seal, ...] = ()
    seal_after: tuple[Seal, ...] = ()
    bag_no_before: str = ""
    bag_no_after: str = ""
    condition_before: str = ""
    condition_after: str = ""
    hashes: tuple[HashRecord, ...] = ()
    tool: Tool | None = None
    write_block: WriteBlock | None = None
    changed_evidence: bool = False
    change_description: str = ""
    justification: str = ""
    competence_ref: str = ""
    observed: tuple[Observation, ...] = ()
    read_errors: tuple[ReadErrors, ...] = ()
    witnesses: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    transport: Transport | None = None
    corrects_event: int | None = None
    attachments: tuple[Attachment, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Recovery(Line):
    """An unfinished last line (power loss) was set aside beside the ledger; a service line, no event."""

    torn_bytes: int = 0
    torn_sha256: str = ""


Entry = Case | Person | Location | Exhibit | Event | Recovery
