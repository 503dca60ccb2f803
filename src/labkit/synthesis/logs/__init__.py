"""Logs of a provider and of a router, a mailbox and a network capture: one story as several clocks wrote it down."""
