"""Read-only views of images; the only importer of dfvfs, pytsk3 and libyal."""
