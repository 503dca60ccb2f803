"""Damaged memory images and symbol tables through every command: ``python -m tests.hostile_memory [MUTATIONS]``."""
