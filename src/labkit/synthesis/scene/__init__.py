"""A searched room as pictures and forms, in which everything that has to be recorded is drawn, not written."""
