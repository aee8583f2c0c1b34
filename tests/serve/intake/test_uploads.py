"""What was posted lies under its SHA-256, and is made again where it lacks."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prismrec.data.read import read
from prismrec.data.shop import Media, Shop
from prismrec.encode import encode_media
from prismrec.encoders.choice import encoder_of
from prismrec.errors import BadMedia
from prismrec.media import load
from prismrec.media.load import loader, uploads_of
from prismrec.serve import values
from prismrec.serve.intake import Uploads
from prismrec.serve.intake import uploads as module
from prismrec.store.memory import MemoryStore
from serve.intake.making import a_picture, a_sound

PICTURE = a_picture()


def test_both_layers_mean_the_same_values() -> None:
    assert load.UPLOAD == values.UPLOAD


def test_what_is_put_is_read_as_it_was(shop: Shop) -> None:
    uploads = Uploads(shop.path)
    value = uploads.put(PICTURE)
    assert value == values.UPLOAD + hashlib.sha256(PICTURE).hexdigest()
    assert uploads.put(PICTURE) == value
    assert uploads.read(value) == PICTURE
    assert loader(shop, "image")(value) == PICTURE
    assert [file.name for file in uploads.folder.iterdir()] == [value.removeprefix("upload:")]


def test_a_file_that_lacks_or_is_damaged_is_made_again(shop: Shop) -> None:
    kept: dict[str, bytes] = {}
    asked: list[str] = []

    def again(sha256: str) -> bytes | None:
        asked.append(sha256)
        return kept.get(sha256)

    uploads = Uploads(shop.path, again)
    value = uploads.put(PICTURE)
    sha256 = value.removeprefix(values.UPLOAD)
    kept[sha256] = PICTURE
    (uploads.folder / sha256).write_bytes(PICTURE[:-9])
    with pytest.raises(BadMedia, match="damaged"):
        loader(shop, "image")(value)
    assert uploads.read(value) == PICTURE
    (uploads.folder / sha256).unlink()
    assert uploads.restore(["images/ruby.png", value, "upload:" + "0" * 64]) == [
        "upload:" + "0" * 64
    ]
    assert loader(shop, "image")(value) == PICTURE
    assert asked == [sha256, sha256, "0" * 64]


def test_a_content_that_the_database_has_wrongly_is_not_taken(shop: Shop) -> None:
    uploads = Uploads(shop.path, lambda sha256: b"another")
    with pytest.raises(BadMedia, match="post it again"):
        uploads.read("upload:" + "1" * 64)
    assert not uploads.folder.exists() or not [*uploads.folder.iterdir()]


@pytest.mark.parametrize(
    "value",
    [
        "upload:",
        "upload:../../etc/passwd",
        "upload:" + "a" * 63,
        "upload:" + "A" * 64,
        "upload:" + "a" * 64 + "\n",
        "upload:" + "a" * 64 + "/..",
        "upload:" + "a" * 32 + "\0" + "a" * 31,
        "upload:upload:" + "a" * 57,
    ],
)
def test_anything_but_64_digits_is_refused(shop: Shop, value: str) -> None:
    with pytest.raises(BadMedia, match="not the name of anything"):
        loader(shop, "image")(value)
    with pytest.raises(BadMedia, match="not the name of anything"):
        Uploads(shop.path).read(value)


def test_a_link_among_the_uploads_is_not_followed_outside(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = uploads_of(shop.path)
    folder.mkdir(parents=True)
    (folder / ("b" * 64)).symlink_to(tmp_path / "secret")
    with pytest.raises(BadMedia, match="outside"):
        loader(shop, "image")("upload:" + "b" * 64)


def test_a_table_cannot_name_an_upload(shop: Shop) -> None:
    """Not even one that is there: a value of a table is a path below the shop."""
    value = Uploads(shop.path).put(PICTURE)
    items = shop.path / "items.csv"
    items.write_text(items.read_text("utf-8").replace("images/sun.png", value), "utf-8")
    again = read(shop.path)
    assert again.item_media["image"].values[3] is None
    assert ["does not exist" in str(problem) for problem in again.problems] == [True]


def test_posted_media_are_encoded_like_any_other(shop: Shop) -> None:
    uploads = Uploads(shop.path)
    posted = {"image": a_picture((10, 180, 20)), "audio": a_sound(440.0)}
    media = {
        name: Media(name, (*shop.item_media[name].values, uploads.put(data)))
        for name, data in posted.items()
    }
    grown = replace(shop, item_ids=shop.item_ids.extended(["new"]), item_media=media)
    encoders = {"image": encoder_of("pixels", "image"), "audio": encoder_of("mfcc", "audio")}
    found = encode_media(grown, encoders, store=MemoryStore())
    assert not found.problems
    for feature in found.data.items.values():
        assert feature.present[4]
        assert np.array_equal(feature.values[4], feature.values[1])


def test_a_picture_beyond_the_limits_of_the_shop_is_not_read(shop: Shop) -> None:
    value = Uploads(shop.path).put(PICTURE)
    small = replace(shop, limits=replace(shop.limits, pixels=100))
    with pytest.raises(BadMedia, match="pixels"):
        loader(small, "image")(value)
    with pytest.raises(BadMedia, match="MiB"):
        loader(replace(shop, limits=replace(shop.limits, bytes=10)), "image")(value)


def test_a_full_disk_is_no_reason_to_lose_what_the_database_has(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    uploads = Uploads(shop.path, lambda sha256: PICTURE)
    monkeypatch.setattr(module, "durably", full)
    value = uploads.put(PICTURE)
    assert value == Uploads.value_of(PICTURE)
    assert not uploads.folder.exists()
    assert uploads.read(value) == PICTURE


def test_what_no_item_names_is_deleted_after_a_while(shop: Shop) -> None:
    uploads = Uploads(shop.path)
    assert uploads.prune([]) == 0
    kept, old, fresh = (uploads.put(a_picture((n, 0, 0))) for n in range(3))
    (uploads.folder / ".half.part").write_bytes(b"left by a kill")
    for name in (kept, old, ".half.part"):
        os.utime(uploads.folder / name.removeprefix("upload:"), (1, 1))
    assert uploads.prune([kept, "images/ruby.png"]) == 2
    assert uploads.read(kept)
    assert uploads.read(fresh)
    with pytest.raises(BadMedia):
        uploads.read(old)


def test_a_write_that_is_broken_off_leaves_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        module.durably(shop.path / "deep/file", b"content")
    assert [*(shop.path / "deep").iterdir()] == []
