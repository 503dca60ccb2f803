"""Thirty-two defects of a custody file (D01 to D32), each planted by one small function.

Source: the kit's list of realistic defects, with the consequence and the cure of each; see
docs/developer/planted-defects.md.
"""
