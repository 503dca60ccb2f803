"""Answers against truth: parse, normalise, compare, name the mistake."""
