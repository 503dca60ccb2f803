"""What an examiner decides before an acquisition begins."""

from dataclasses import dataclass, field

from labkit.acquisition.target import Container
from labkit.containers.ewf_chunks import Compression
from labkit.containers.ewf_writer import MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES
from labkit.errors import AcquisitionError
from labkit.model.acquisition import CaseDetails

DEFAULT_E01_SEGMENT_BYTES = 1500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """How the image is to be made. A raw image with ``segment_bytes`` 0 is one file."""

    container: Container
    compression: Compression = "fast"
    segment_bytes: int = 0
    show_hidden: bool = False
    case: CaseDetails = field(default_factory=CaseDetails)
    options: str = ""  # the command as it was called, for the record

    def __post_init__(self) -> None:
        """Refuse what can not be.

        Raises:
            AcquisitionError: The segments are too small or too large.
        """
        if self.container == "E01" and not self.segment_bytes:
            object.__setattr__(self, "segment_bytes", DEFAULT_E01_SEGMENT_BYTES)
        if self.segment_bytes and not MIN_SEGMENT_BYTES <= self.segment_bytes <= MAX_SEGMENT_BYTES:
            raise AcquisitionError(
                f"segments of {self.segment_bytes} bytes are too small or too large",
                remedy="Choose a segment size from 1 MiB to 2000 MiB, such as --segment-size 640M.",
            )
