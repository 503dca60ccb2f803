"""The logs of other acquisition tools, read into the same provenance record as the kit's own.

What a log does not say stays empty in the record. Adding a tool is one module and one line in ``reading.READERS``.
"""
