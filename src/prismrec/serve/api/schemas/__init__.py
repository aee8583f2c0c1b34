"""Schemas: what the API takes and gives, with limits and examples."""
