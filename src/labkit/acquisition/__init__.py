"""From a source device to a verified image: simulated devices, the acquisition itself, its provenance record."""
