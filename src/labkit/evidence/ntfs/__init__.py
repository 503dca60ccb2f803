"""NTFS, read in large blocks: what a listing needs of it, with the rows that the Sleuth Kit gives."""
