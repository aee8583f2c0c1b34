"""Paths: every way in which a table may name a file, and what is done about each."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from faults.kind import Kind, bad, good
from faults.pictures import of

__all__ = ["PATHS", "lay_paths"]

ROOT = not hasattr(os, "geteuid") or os.geteuid() == 0  # who may read everything


def lay_paths(folder: Path) -> None:
    """What the paths lead to, and a secret beside the shop that none may reach."""
    picture = of(1, "PNG")()
    (folder.parent / "secret.png").write_bytes(of(2, "PNG")())
    (folder / "sub").mkdir()
    names = ("here.png", "sub/below.png", "with space.png", "灯.png", "Capital.PNG", "locked.png")
    for name in (*names, unicodedata.normalize("NFD", "café.png")):
        (folder / name).write_bytes(picture)
    for name, target in (
        ("link-in.png", "sub/below.png"),
        ("link-out.png", "../secret.png"),
        ("link-zero.png", "/dev/zero"),
        ("link-folder", ".."),
        ("dangling.png", "nowhere.png"),
        ("circle.png", "circle.png"),
    ):
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe.png")
    (folder / "locked.png").chmod(0 if not ROOT else 0o600)


def path(name: str, value: str, *codes: str) -> Kind:
    """A path whose file is used."""
    return good(name, "image", lambda: value.encode("utf-8"), *codes)


def refused(name: str, value: str, code: str) -> Kind:
    """A path whose file is left out."""
    return bad(name, "image", lambda: value.encode("utf-8"), code)


PATHS: tuple[Kind, ...] = (
    path("plain", "here.png"),
    path("below", "sub/below.png"),
    path("roundabout", "sub/../here.png"),
    path("space", "with space.png"),
    path("chinese", "灯.png"),
    path("link-inside", "link-in.png"),
    path("composed", unicodedata.normalize("NFC", "café.png"), "file.spelling"),
    path("case", "capital.png", "file.spelling"),
    path("backslash", "sub\\below.png", "file.spelling"),
    refused("parent", "../secret.png", "file.outside"),
    refused("parent-of-sub", "sub/../../secret.png", "file.outside"),
    refused("absolute", "/etc/hostname", "file.outside"),
    refused("drive", "C:\\secret.png", "file.outside"),
    refused("share", "\\\\server\\share\\secret.png", "file.outside"),
    refused("link-out", "link-out.png", "file.outside"),
    refused("link-device", "link-zero.png", "file.outside"),
    refused("link-folder", "link-folder/secret.png", "file.outside"),
    path("nul", "here\0.png"),  # dropped and told on reading
    refused("address", "http://127.0.0.1:1/secret.png", "file.address"),
    refused("metadata", "http://169.254.169.254/latest", "file.address"),
    refused("file-address", "file:///etc/hostname", "file.address"),
    refused("data-address", "data:image/png;base64,AAAA", "file.address"),
    refused("folder", "sub", "file.refused"),
    refused("pipe", "pipe.png", "file.refused"),
    refused("missing", "gone.png", "file.missing"),
    refused("dangling", "dangling.png", "file.missing"),
    refused("circle", "circle.png", "file.missing"),
    refused("home", "~/here.png", "file.missing"),
    refused("star", "*.png", "file.missing"),
    refused("too-long", "x" * 5000 + ".png", "file.missing"),
    path("locked", "locked.png") if ROOT else refused("locked", "locked.png", "file.no-access"),
)
