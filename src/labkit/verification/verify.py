"""Every fact of every trace of one item, confirmed by readers that were not written here."""

import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from labkit.errors import LabkitError
from labkit.model.truth import GroundTruth, Trace
from labkit.verification.acceptance import accepted
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import NOBODY, Confirmation, statement
from labkit.verification.files import confirm_deleted_file, confirm_file, confirm_overwritten_file
from labkit.verification.letters import LETTER_KINDS
from labkit.verification.loose import confirm_comparison, confirm_moment, confirm_plain_file
from labkit.verification.media import confirm_container, confirm_medium
from labkit.verification.memory import MEMORY_KINDS
from labkit.verification.network_capture import CAPTURE_KINDS
from labkit.verification.papers import confirm_break, confirm_custody_file, confirm_custody_line, confirm_planted
from labkit.verification.partitions import confirm_gap, confirm_gpt_header, confirm_partition_table, confirm_volume
from labkit.verification.provider_logs import PROVIDER_KINDS
from labkit.verification.remnants import confirm_record_slack, confirm_slack, confirm_unallocated
from labkit.verification.samples import SAMPLE_KINDS
from labkit.verification.scene import SCENE_KINDS
from labkit.verification.source_devices import confirm_blocker, confirm_criterion, confirm_own_image
from labkit.verification.windows_kinds import WINDOWS_KINDS

KINDS: Mapping[str, Callable[[Trace, BuiltItem], Iterator[Confirmation]]] = {
    "plain_file": confirm_plain_file,
    "comparison": confirm_comparison,
    "moment": confirm_moment,
    "container": confirm_container,
    "medium": confirm_medium,
    "volume": confirm_volume,
    "partition_table": confirm_partition_table,
    "gpt_header": confirm_gpt_header,
    "gap": confirm_gap,
    "file": confirm_file,
    "deleted_file": confirm_deleted_file,
    "overwritten_file": confirm_overwritten_file,
    "slack": confirm_slack,
    "record_slack": confirm_record_slack,
    "unallocated": confirm_unallocated,
    **WINDOWS_KINDS,
    **SCENE_KINDS,
    **SAMPLE_KINDS,
    **MEMORY_KINDS,
    **PROVIDER_KINDS,
    **LETTER_KINDS,
    **CAPTURE_KINDS,
    "custody_file": confirm_custody_file,
    "own_image": confirm_own_image,
    "blocker": confirm_blocker,
    "blocker_criterion": confirm_criterion,
    "custody_line": confirm_custody_line,
    "custody_break": confirm_break,
    "defect": confirm_planted,
    "red_herring": confirm_planted,
}


def verify_item(
    files: Mapping[str, Path], truth: GroundTruth, variables: Mapping[str, str]
) -> tuple[Confirmation, ...]:
    """Return a confirmation for every fact of the truth of one item, and for what the readers say of its images.

    Args:
        files: The files that are handed out, by name; only the last part of a name counts.
        truth: What was planted.
        variables: The values of the case. A variable named like a trace (``candidate_1``) is shown to trainees as
            the name of its file, or as its text if it has one, and has to be that.

    A fact is confirmed if at least one reader agrees and none disagrees. Every disagreement is in the result, as is
    every fact that no reader can answer. Nothing is raised for evidence that does not hold: that is the answer.
    """
    found: list[Confirmation] = []
    with BuiltItem(files, truth, variables) as item:
        for name in sorted(truth.traces):
            found += confirmed(truth.traces[name], item)
            found += _repeated(truth.traces[name], variables)
        found += accepted(item)
    return tuple(found)


def confirmed(trace: Trace, item: BuiltItem) -> list[Confirmation]:
    """Return a confirmation for every fact of one trace. What goes wrong on the way is one that failed."""
    confirm = KINDS.get(trace.kind)
    if confirm is None:
        return [Confirmation(trace.id, "(kind)", NOBODY, trace.kind, "no way to confirm this kind", agrees=False)]
    found: list[Confirmation] = []
    try:
        found.extend(confirm(trace, item))
    except LabkitError as error:
        found.append(Confirmation(trace.id, "(trace)", NOBODY, "readable", error.message, agrees=False))
    except (OSError, LookupError, ValueError, TypeError, struct.error) as error:
        # The truth may be as wrong as the evidence: a missing fact or file is a finding, not a crash.
        why = f"{type(error).__name__}: {error}"
        found.append(Confirmation(trace.id, "(trace)", NOBODY, "readable", why, agrees=False))
    return found


def _repeated(trace: Trace, variables: Mapping[str, str]) -> Iterator[Confirmation]:
    name = trace.id.replace("-", "_")
    fact = "text" if "text" in trace.facts else "name"
    if name in variables and fact in trace.facts:
        yield statement(trace.id, fact, f"variable {name}", trace.facts[fact], variables[name])
