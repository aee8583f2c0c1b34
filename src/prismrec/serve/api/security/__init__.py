"""Security: who may ask, from where, how often and how much; one noun per file."""
