"""Promises on speed, each measured side by side with a peer, in one run on one machine, as a ratio."""
