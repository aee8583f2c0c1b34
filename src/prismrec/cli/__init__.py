"""The command line: one file per command. Results go to stdout, all else to stderr."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the `prismrec` command and leave the process with its exit code."""
    from prismrec.cli.app import app

    app()
