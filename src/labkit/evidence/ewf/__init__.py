"""Own reading of E01 images, beside libewf: every checksum of the format is computed anew, in several threads."""
