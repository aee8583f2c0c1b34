"""Sparse relations between items; no torch."""
