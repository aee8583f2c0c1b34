"""prismrec: recommendations from what is seen, read and heard."""

__version__ = "0.1.0"
