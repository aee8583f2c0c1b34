"""The page of the server: templates, words in two languages, and modules and styles of its own."""

from __future__ import annotations

from prismrec.serve.page.routes import routes

__all__ = ["routes"]
