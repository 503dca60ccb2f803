"""Text files (TOML, Markdown) to checked values; every lint rule has a code."""
