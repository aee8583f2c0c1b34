"""Where vectors are kept: mutable mappings from keys to vectors."""
