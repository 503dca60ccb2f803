"""Evidence confirmed by readers that were not written here."""
