from __future__ import annotations

import os
from pathlib import Path

import pytest

from prismrec.errors import BadMedia
from prismrec.media import files
from prismrec.media.files import read_inside


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    shop = tmp_path / "shop"
    (shop / "covers").mkdir(parents=True)
    (shop / "covers" / "a.png").write_bytes(b"inside")
    (tmp_path / "secret").write_bytes(b"outside")
    return shop


def test_a_file_below_the_folder(shop: Path) -> None:
    assert read_inside(shop, "covers/a.png") == b"inside"
    assert read_inside(shop, "covers/../covers/a.png") == b"inside"


def test_the_folder_itself_may_be_a_link(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shop)
    assert read_inside(tmp_path / "link", "covers/a.png") == b"inside"


def test_a_link_that_stays_inside(shop: Path) -> None:
    (shop / "b.png").symlink_to(shop / "covers" / "a.png")
    assert read_inside(shop, "b.png") == b"inside"


def test_paths_that_lead_out(shop: Path, tmp_path: Path) -> None:
    (shop / "link").symlink_to(tmp_path / "secret")
    (shop / "up").symlink_to(tmp_path)
    for value in (
        "../secret",
        str(tmp_path / "secret"),
        "link",
        "up/secret",
        "covers/../../secret",
    ):
        with pytest.raises(BadMedia, match="outside"):
            read_inside(shop, value)


@pytest.mark.parametrize("value", ["covers/none.png", "covers", "", "a\0b", "x" * 5000])
def test_what_is_no_file(shop: Path, value: str) -> None:
    with pytest.raises(BadMedia):
        read_inside(shop, value)


def test_a_loop_of_links(shop: Path) -> None:
    (shop / "loop").symlink_to(shop / "loop")
    with pytest.raises(BadMedia):
        read_inside(shop, "loop")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_not_waited_for(shop: Path) -> None:
    os.mkfifo(shop / "pipe")
    with pytest.raises(BadMedia, match="no such file"):
        read_inside(shop, "pipe")


def test_large_files_are_refused(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 3)
    with pytest.raises(BadMedia, match="larger"):
        read_inside(shop, "covers/a.png")
