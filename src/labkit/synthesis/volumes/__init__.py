"""Partition tables: the master boot record with its extended partitions, GPT, and damage done to them on purpose."""

from labkit.synthesis.volumes.mbr import FAT_PARTITION_TYPES, MbrPartition, chs_address, write_mbr

__all__ = ["FAT_PARTITION_TYPES", "MbrPartition", "chs_address", "write_mbr"]
