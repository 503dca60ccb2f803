"""Which fields an entry must have, by its type. One table for the rule CC-01 and for the command that asks.

Who, when and which item are asked of every event (NIST SP 800-101r1, definition of chain of custody); the rest by
what happens. What has a rule of its own is not repeated in ``MANDATORY``, so that nobody pays twice: purpose (CC-16),
place (CC-17), digest of an acquisition (CC-20), write blocking (CC-23), corrections (CC-29), tool (CC-37). The command
asks for the most important of these too.
"""

from collections.abc import Mapping

from labkit.model.custody import DeclarationType, EventType

_EVERY_EVENT = ("event_at", "actor", "exhibits")

MANDATORY: Mapping[str, tuple[str, ...]] = {
    DeclarationType.CASE: ("case_id",),
    DeclarationType.PERSON: ("person_id", "name", "role"),
    DeclarationType.LOCATION: ("loc_id", "kind", "tz"),
    DeclarationType.EXHIBIT: ("exhibit_no", "kind", "description"),
    EventType.IDENTIFIED: _EVERY_EVENT,
    EventType.SEIZED: _EVERY_EVENT,
    EventType.PACKAGED: (*_EVERY_EVENT, "bag_no_after"),
    EventType.SEALED: (*_EVERY_EVENT, "seal_after"),
    EventType.UNSEALED: (*_EVERY_EVENT, "seal_before"),
    EventType.RESEALED: (*_EVERY_EVENT, "seal_after"),
    EventType.RELEASED: (*_EVERY_EVENT, "released_by"),
    EventType.RECEIVED: (*_EVERY_EVENT, "received_by"),
    EventType.STORED: _EVERY_EVENT,
    EventType.CHECKED_OUT: (*_EVERY_EVENT, "released_by", "received_by"),
    EventType.RETURNED: (*_EVERY_EVENT, "released_by"),
    EventType.TRANSPORTED: (*_EVERY_EVENT, "transport"),
    EventType.PHOTOGRAPHED: _EVERY_EVENT,
    EventType.LIVE_ACTION: (*_EVERY_EVENT, "justification"),
    EventType.ACQUIRED: _EVERY_EVENT,
    EventType.VERIFIED: (*_EVERY_EVENT, "hash"),
    EventType.COPIED: _EVERY_EVENT,
    EventType.ANALYSED: _EVERY_EVENT,
    EventType.REPORTED: _EVERY_EVENT,
    EventType.DISCLOSED: (*_EVERY_EVENT, "received_by"),
    EventType.CORRECTED: ("event_at", "actor", "note"),
    EventType.DISPOSED: _EVERY_EVENT,
    EventType.RETURNED_TO_OWNER: (*_EVERY_EVENT, "received_by"),
}

# What the command does not go on without, besides.
ALSO_NEEDED: Mapping[str, tuple[str, ...]] = {
    EventType.IDENTIFIED: ("location",),
    EventType.SEIZED: ("location",),
    EventType.STORED: ("location",),
    EventType.RETURNED: ("location",),
    EventType.ACQUIRED: ("hash", "tool", "write_block"),
    EventType.VERIFIED: ("tool",),
    EventType.CORRECTED: ("corrects_event",),
}
