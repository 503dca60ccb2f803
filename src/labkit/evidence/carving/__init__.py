"""Recovery of files by their structure, without a file system.

One module for each kind of content. Each has a function that walks the structure from a beginning and says how far it
holds; a header alone never counts as a file.
"""
