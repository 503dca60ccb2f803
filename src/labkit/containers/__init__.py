"""Container formats as pure code: raw and E01 (EWF) writers."""
