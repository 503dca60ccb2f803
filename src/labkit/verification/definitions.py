"""The facts that no reader can confirm, because the medium does not hold them; each with the reason.

Everything that is not listed here has to be confirmed by a reader, or verification fails.
"""

from collections.abc import Mapping

ANY_KIND = "*"
# A trace of kind deleted_file whose entry is also that of a trace of kind overwritten_file: one of several candidates,
# told apart by the exercise only.
OVERWRITTEN_CANDIDATE = "deleted_file, overwritten"
_PLANTED = "which defect was planted; tests show that the rule named for it finds it in these lines"
_CRAFT = "judged by the craft (the kit's domain notes on custody, section 2.4), not seen in the file"
_GONE = "the content before it was overwritten; part of it is gone from the medium"
_NOT_KEPT = "a history does not say when a page was deleted from it, and this one was written again later"

DEFINITIONS: Mapping[tuple[str, str], str] = {
    (ANY_KIND, "zone"): "no file system stores a zone; it is the machine's, and the times worked out are confirmed",
    (ANY_KIND, "clock_offset_s"): "the clock's error is part of the story; the times worked out with it are confirmed",
    (
        ANY_KIND,
        "taken_overcorrected_utc",
    ): "what a typical mistake gives; no medium holds it, and the time it is worked out from is confirmed",
    (
        ANY_KIND,
        "sample_set",
    ): "the name under which grading makes the samples; tests try a good rule and the drafts on them",
    (ANY_KIND, "camera_zone"): "a photo says no zone; the true time worked out with the camera's is confirmed",
    ("forgotten_visit", "at_utc"): _NOT_KEPT,
    ("forgotten_visit", "at_device_utc"): _NOT_KEPT,
    ("forgotten_visit", "at_local"): _NOT_KEPT,
    ("overwritten_file", "md5"): _GONE,
    ("overwritten_file", "sha1"): _GONE,
    ("overwritten_file", "sha256"): _GONE,
    (OVERWRITTEN_CANDIDATE, "md5"): _GONE,
    (OVERWRITTEN_CANDIDATE, "sha1"): _GONE,
    (OVERWRITTEN_CANDIDATE, "sha256"): _GONE,
    (OVERWRITTEN_CANDIDATE, "sha256_with_slack"): _GONE,
    ("scene_object", "scope"): "decided by reading the warrant beside the legend; the numbers are confirmed",
    ("scene_object", "seize"): "decided by reading the warrant beside the legend; the numbers are confirmed",
    ("scene_event", "event_type"): "what the words of the line mean; its time and exhibits are confirmed",
    ("scene_event", "giver"): "what the words of the line mean; its time, exhibits and writer are confirmed",
    ("scene_event", "receiver"): "what the words of the line mean; its time, exhibits and writer are confirmed",
    ("defect", "defect"): _PLANTED,
    ("defect", "category"): _PLANTED,
    ("defect", "consequences"): _CRAFT,
    ("defect", "cure"): _CRAFT,
    (
        "custody_break",
        "first_line",
    ): "the first entry that a defect breaks; that it lists the exhibit is confirmed",
    ("red_herring", "option"): "which of the explained oddities it is; no rule of the kit finds anything there",
    ("scene_order", "order"): "a rule of the craft (RFC 3227, section 2.1) laid on this room",
}


def definition(kind: str, fact: str) -> str | None:
    """Return why a fact of a trace of this kind cannot be confirmed, or None where it has to be."""
    return DEFINITIONS.get((kind, fact)) or DEFINITIONS.get((ANY_KIND, fact))
