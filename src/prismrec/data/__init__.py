"""Logs, catalogues, features and splits."""
