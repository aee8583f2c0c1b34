"""What tests of several folders share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the real data sets; tests that ask for it are skipped where it is absent."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("PRISMREC_DATA") or beside)
    if not folder.is_dir():
        pytest.skip(f"no data sets in {folder}; name their folder in PRISMREC_DATA")
    return folder
