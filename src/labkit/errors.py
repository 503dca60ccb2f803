"""One error tree. Every error says what happened and what to do next.

::

    LabkitError                 1   anything below
    ├── ContentError            3   a lab, exercise or scenario is wrong; carries every problem found
    ├── SynthesisError          4   a scenario can not be turned into evidence
    ├── EvidenceError           5   an image can not be opened or read
    │   └── IntegrityError      6   what was computed differs from what was recorded
    ├── CustodyError            7   a custody ledger can not be read or does not hold together
    ├── PackError               8   a pack was changed, is damaged, or is not for this use
    ├── WorkspaceError          9   no workspace here, or it is damaged
    ├── AnswerError            10   an answer has the wrong form
    ├── RosterError            11   the list of trainees is wrong
    ├── IntakeError            12   a submission can not be accepted
    ├── StorageError           13   the disk is full or not writable
    ├── VerificationError      14   evidence does not hold what its truth says
    └── AcquisitionError       15   a source can not be acquired, or an acquisition stopped
        └── InterruptedAcquisitionError  16   it stopped on the way and can be resumed

Exit code 2 is click's (wrong usage), 130 is Ctrl-C. This module imports nothing, so every layer can use it.
"""


class LabkitError(Exception):
    """What happened, and what the reader can do about it."""

    exit_code = 1
    heads = ("Error", "Next")  # what is printed before the message and before the remedy, in their language

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Let an error travel between processes with all that it carries."""
        return LabkitError._revive, (type(self), self.__dict__)

    @staticmethod
    def _revive(kind: "type[LabkitError]", carried: dict[str, object]) -> "LabkitError":
        error = kind.__new__(kind, carried["message"])
        error.__dict__.update(carried)
        return error


class ContentError(LabkitError):
    """A lab, an exercise or a scenario is wrong. ``problems`` holds one printable line for each."""

    exit_code = 3

    def __init__(self, message: str, *, remedy: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.problems = problems


class SynthesisError(LabkitError):
    """A scenario can not be turned into evidence."""

    exit_code = 4


class EvidenceError(LabkitError):
    """An image can not be opened or read."""

    exit_code = 5


class IntegrityError(EvidenceError):
    """What was computed differs from what was recorded."""

    exit_code = 6


class CustodyError(LabkitError):
    """A custody ledger can not be read or does not hold together."""

    exit_code = 7


class PackError(LabkitError):
    """A pack was changed, is damaged, or is not for this use."""

    exit_code = 8


class WorkspaceError(LabkitError):
    """There is no workspace here, or it is damaged."""

    exit_code = 9


class AnswerError(LabkitError):
    """An answer has the wrong form. It costs no attempt."""

    exit_code = 10


class RosterError(LabkitError):
    """The list of trainees is wrong."""

    exit_code = 11


class IntakeError(LabkitError):
    """A submission can not be accepted."""

    exit_code = 12


class StorageError(LabkitError):
    """The disk is full or can not be written."""

    exit_code = 13


class VerificationError(LabkitError):
    """Evidence does not hold what its truth says."""

    exit_code = 14


class AcquisitionError(LabkitError):
    """A source can not be acquired."""

    exit_code = 15


class InterruptedAcquisitionError(AcquisitionError):
    """An acquisition stopped on the way; what is done so far is kept, and it can be resumed."""

    exit_code = 16
