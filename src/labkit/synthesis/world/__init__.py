"""Machines, people, and what actions leave behind."""
