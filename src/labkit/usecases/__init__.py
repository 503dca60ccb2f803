"""The verbs, one function each: what the commands and pages call."""
