"""One module for each answer type."""
