"""The generated record shop."""
