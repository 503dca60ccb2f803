"""Roster, keys, packs, intake, store."""
