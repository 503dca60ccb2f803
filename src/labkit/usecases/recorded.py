"""What the provenance record beside an image says of it."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from labkit.acquisition.record import read_record
from labkit.acquisition.target import record_path
from labkit.evidence.isolation import alive
from labkit.hashing import file_blocks
from labkit.model.acquisition import ProvenanceRecord


def recorded_image(first: Path) -> ProvenanceRecord | None:
    """Return the record of the image whose first file this is; None if none lies beside it.

    Raises:
        AcquisitionError: It is damaged.
    """
    path = record_path(first)
    return read_record(path) if path.is_file() else None


def recorded_digests(record: ProvenanceRecord | None) -> Mapping[str, str]:
    """Return the digests of the medium that the record states, by algorithm."""
    if record is None:
        return {}
    digests = {"md5": record.digests.md5, "sha1": record.digests.sha1, "sha256": record.digests.sha256}
    return {algorithm: value for algorithm, value in digests.items() if value}


def changed_files(record: ProvenanceRecord | None, files: Sequence[Path]) -> tuple[str, ...]:
    """Return a sentence for each file of the image that is not, byte for byte, the one that was recorded."""
    recorded = {file.name: file.sha256 for file in record.image.files if file.sha256} if record else {}
    return tuple(
        f"{path.name} is not byte for byte the file that its provenance record names"
        for path in files
        if path.name in recorded and _sha256(path) != recorded[path.name]
    )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for block in file_blocks(path):
        alive()
        digest.update(block)
    return digest.hexdigest()
