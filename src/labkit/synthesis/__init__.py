"""Scenario to bytes and truth. Never imports evidence: the truth must be confirmed by readers not written here."""
