"""How a captured memory image comes about: symbols, staging, capture, truth, patch map. For maintainers, on Debian."""
