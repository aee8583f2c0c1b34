"""The HTTP API of the server."""

from __future__ import annotations

from prismrec.serve.api.app import create_app

__all__ = ["create_app"]
