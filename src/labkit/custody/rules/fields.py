"""Which fields an entry must have, by its type. One table for the rule CC-01 and for the command that asks.

Who, when and which item are asked of every event (NIST SP 800-101r1, definition of chain of custody); the rest by
what happens. Purpose, place of every event, tool and corrections have rules of their own and are not repeated here.
"""

from collections.abc import Mapping

from labkit.model.custody import DeclarationType, EventType

_EVERY_EVENT = ("event_at", "actor", "exhibits")

MANDATORY: Mapping[str, tuple[str, ...]] = {
    DeclarationType.CASE: ("case_id",),
    DeclarationType.PERSON: ("person_id", "name", "role"),
    DeclarationType.LOCATION: ("loc_id", "kind", "tz"),
    DeclarationType.EXHIBIT: ("exhibit_no", "kind", "description"),
    EventType.IDENTIFIED: (*_EVERY_EVENT, "location"),
    EventType.SEIZED: (*_EVERY_EVENT, "location"),
    EventType.PACKAGED: (*_EVERY_EVENT, "bag_no_after"),
    EventType.SEALED: (*_EVERY_EVENT, "seal_after"),
    EventType.UNSEALED: (*_EVERY_EVENT, "seal_before"),
    EventType.RESEALED: (*_EVERY_EVENT, "seal_after"),
    EventType.RELEASED: (*_EVERY_EVENT, "released_by"),
    EventType.RECEIVED: (*_EVERY_EVENT, "received_by"),
    EventType.STORED: (*_EVERY_EVENT, "location"),
    EventType.CHECKED_OUT: (*_EVERY_EVENT, "released_by", "received_by"),
    EventType.RETURNED: (*_EVERY_EVENT, "released_by", "location"),
    EventType.TRANSPORTED: (*_EVERY_EVENT, "transport"),
    EventType.PHOTOGRAPHED: _EVERY_EVENT,
    EventType.LIVE_ACTION: (*_EVERY_EVENT, "justification"),
    EventType.ACQUIRED: (*_EVERY_EVENT, "hash", "tool"),
    EventType.VERIFIED: (*_EVERY_EVENT, "hash", "tool"),
    EventType.COPIED: _EVERY_EVENT,
    EventType.ANALYSED: _EVERY_EVENT,
    EventType.REPORTED: _EVERY_EVENT,
    EventType.DISCLOSED: (*_EVERY_EVENT, "received_by"),
    EventType.CORRECTED: ("event_at", "actor", "corrects_event", "note"),
    EventType.DISPOSED: _EVERY_EVENT,
    EventType.RETURNED_TO_OWNER: (*_EVERY_EVENT, "received_by"),
}
