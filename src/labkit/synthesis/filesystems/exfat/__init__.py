"""exFAT as Windows writes it: see ``volume`` for what an operation leaves on the medium."""

from labkit.synthesis.filesystems.exfat.state import ExFatState
from labkit.synthesis.filesystems.exfat.volume import ExFatVolume

__all__ = ["ExFatState", "ExFatVolume"]
