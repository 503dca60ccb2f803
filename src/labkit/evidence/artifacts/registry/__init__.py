"""What the hives of the registry keep: of the machine, of the installed Windows, of each account."""
