"""Structures on a medium as tables of their fields: what stands where, how it is read, and who says so.

A structure is data: names, offsets, sizes, meanings, and the source. Where one repeats or varies (partition entries,
attributes, directory entries), a function places its tables.
"""
