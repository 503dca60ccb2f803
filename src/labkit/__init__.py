"""labkit: a hands-on electronic evidence training lab kit."""

__version__ = "0.1.0"
