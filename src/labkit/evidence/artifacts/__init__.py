"""What Windows and its programs note about people's doings, read out of a volume: one module for each kind."""
