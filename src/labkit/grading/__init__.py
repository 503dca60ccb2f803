"""Answers against the truth: parse, normalise, compare, name the mistake. Codes and values come out, no sentences."""
