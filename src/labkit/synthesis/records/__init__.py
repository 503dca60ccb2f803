"""The custody file of another case: a clean story, and defects planted into it. It shares no code with the rules."""
