from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from prismrec.errors import BadMedia
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
    with pytest.raises(BadMedia, match="not a plain file"):
        read_inside(shop, "pipe")


def test_a_pipe_put_in_place_after_the_check_is_not_waited_for(shop: Path, monkeypatch) -> None:
    os.mkfifo(shop / "pipe")
    regular = (shop / "covers" / "a.png").stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: regular)
    with pytest.raises(BadMedia, match="not a plain file"):
        read_inside(shop, "pipe")


def test_a_link_put_in_place_after_the_check_is_not_followed(
    shop: Path, tmp_path: Path, monkeypatch
) -> None:
    (shop / "late").symlink_to(tmp_path / "secret")
    monkeypatch.setattr(Path, "resolve", lambda path, **_: path)
    with pytest.raises(BadMedia, match="cannot be read"):
        read_inside(shop, "late")


def test_large_files_are_refused(shop: Path) -> None:
    with pytest.raises(BadMedia, match=r"over 0\.0; raise bytes under"):
        read_inside(shop, "covers/a.png", most=5)
    assert read_inside(shop, "covers/a.png", most=6) == b"inside"


def test_a_file_that_grows_or_shrinks_meanwhile_is_refused(shop: Path, monkeypatch) -> None:
    real = os.fstat
    for change in (-1, 1):

        def other(number: int, change: int = change):
            found = list(real(number))
            found[stat.ST_SIZE] += change
            return os.stat_result(found)

        monkeypatch.setattr(os, "fstat", other)
        with pytest.raises(BadMedia, match="changed while it was read"):
            read_inside(shop, "covers/a.png")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may read anything")
def test_a_file_that_may_not_be_read_is_named_as_such(shop: Path) -> None:
    (shop / "covers" / "a.png").chmod(0)
    with pytest.raises(BadMedia, match="change its permissions"):
        read_inside(shop, "covers/a.png")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "change its permissions"),
        (FileNotFoundError(errno.ENOENT, "gone"), "no such file"),
        (OSError(errno.EIO, "Input/output error"), r"cannot be read \(Input/output error\)"),
    ],
)
def test_what_the_system_says_is_put_in_a_line(shop: Path, monkeypatch, error, reason) -> None:
    def refuse(*_: object) -> int:
        raise error

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BadMedia, match=reason):
        read_inside(shop, "covers/a.png")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices on this system")
def test_a_device_is_not_read(shop: Path) -> None:
    with pytest.raises(BadMedia, match="not a plain file"):
        read_inside(Path("/dev"), "zero")
