"""Intake: what is posted is checked, kept, encoded, shown and found."""

from __future__ import annotations

from prismrec.serve.intake.checking import checked
from prismrec.serve.intake.covers import SIDES, Covers, Served
from prismrec.serve.intake.encoding import Readers
from prismrec.serve.intake.errors import NotReady
from prismrec.serve.intake.finding import Finder
from prismrec.serve.intake.uploads import Uploads
from prismrec.serve.intake.worker import Encoded, Intake, Ticket

__all__ = [
    "SIDES",
    "Covers",
    "Encoded",
    "Finder",
    "Intake",
    "NotReady",
    "Readers",
    "Served",
    "Ticket",
    "Uploads",
    "checked",
]
