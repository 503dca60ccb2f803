"""Stores of a Windows machine: values that a story changes and that render to the bytes of one file."""
