"""Plain values that the layers exchange: frozen dataclasses and enums, nothing that reads or writes."""
