"""Every image step has its row and its picture in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prismrec import registry

DOCS = Path(__file__).parents[3] / "docs"
NAMES = registry.names("image-steps") + registry.names("image-augmentations")


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_described_and_drawn(name: str) -> None:
    assert f"`{name}`" in (DOCS / "preprocessing-image.md").read_text("utf-8")
    drawn = (DOCS / "figures" / "image.py").read_text("utf-8")
    assert re.search(rf'"{name}["(]', drawn)


def test_every_picture_is_there_and_small() -> None:
    shown = re.findall(r"\(pictures/(\S+)\)", (DOCS / "preprocessing-image.md").read_text("utf-8"))
    assert sorted(shown) == sorted(p.name for p in (DOCS / "pictures").glob("image-*.png"))
    assert all((DOCS / "pictures" / name).stat().st_size <= 80_000 for name in shown)
