"""The custody ledger and the rules that read it."""
