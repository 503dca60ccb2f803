"""Damaged images of every kind through every command: ``python -m tests.hostile [MUTATIONS] [KIND ...]``."""
