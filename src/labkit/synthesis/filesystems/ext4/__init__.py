"""ext4 as Linux writes it: see ``volume`` for what is on the medium and what is left out."""

from labkit.synthesis.filesystems.ext4.state import ExtState
from labkit.synthesis.filesystems.ext4.volume import Ext4Volume

__all__ = ["Ext4Volume", "ExtState"]
