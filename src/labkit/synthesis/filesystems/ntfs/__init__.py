"""The NTFS 3.1 writer: ``volume.NtfsVolume``. What the metadata files hold is the business of ``ntfs_streams``."""
