"""Covers are written anew, bounded and free of remarks; sounds pass as they are."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from faults.film import film
from prismrec.data.shop import Shop
from prismrec.errors import BadMedia
from prismrec.serve.intake import SIDES, Covers, Served, Uploads
from prismrec.serve.intake import covers as module
from serve.intake.making import a_picture, a_sound


@pytest.fixture
def uploads(shop: Shop) -> Uploads:
    return Uploads(shop.path)


@pytest.fixture
def covers(shop: Shop, uploads: Uploads) -> Covers:
    return Covers(shop, uploads)


def opened(served: Served) -> Image.Image:
    return Image.open(io.BytesIO(served.data))


def with_place() -> bytes:
    """A photograph that says where it was taken, and lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Cameramaker"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    file = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (800, 400), (200, 30, 30)).save(
        file, "JPEG", exif=exif, comment=b"at home", icc_profile=profile
    )
    return file.getvalue()


@pytest.mark.parametrize("side", SIDES)
def test_the_longer_side_is_what_was_asked_for(covers: Covers, uploads: Uploads, side: int) -> None:
    value = uploads.put(a_picture(size=(1500, 1000)))
    found = covers.picture(value, side)
    assert found.type == "image/webp"
    assert opened(found).format == "WEBP"
    assert max(opened(found).size) == side


def test_a_side_that_is_not_offered_becomes_the_next_that_is(
    covers: Covers, uploads: Uploads
) -> None:
    value = uploads.put(a_picture(size=(1500, 1000)))
    assert max(opened(covers.picture(value, 200)).size) == 320
    assert max(opened(covers.picture(value, 10**9)).size) == 640
    assert max(opened(covers.picture(value, -5)).size) == 96
    assert max(opened(covers.picture(uploads.put(a_picture(size=(20, 10))), 640)).size) == 20


def test_nothing_but_what_is_seen_is_served(covers: Covers, uploads: Uploads) -> None:
    raw = with_place()
    assert b"Cameramaker" in raw
    found = covers.picture(uploads.put(raw), 160)
    picture = opened(found)
    assert picture.size == (80, 160)  # upright
    assert not picture.getexif()
    assert {"exif", "icc_profile", "xmp", "comment"}.isdisjoint(picture.info)
    assert b"Cameramaker" not in found.data
    assert b"at home" not in found.data


def test_a_cover_is_made_once(
    shop: Shop, covers: Covers, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = uploads.put(a_picture(size=(300, 300)))
    first = [covers.picture(each, 96) for each in ("images/ruby.png", value)]
    monkeypatch.setattr(module, "_small", lambda data, side: pytest.fail("made again"))
    assert [covers.picture(each, 96) for each in ("images/ruby.png", value)] == first
    assert len({each.etag for each in first}) == 2


def test_a_cover_follows_its_file(shop: Shop, covers: Covers) -> None:
    first = covers.picture("images/ruby.png", 96)
    (shop.path / "images/ruby.png").write_bytes(a_picture((0, 0, 0), (60, 60)))
    second = covers.picture("images/ruby.png", 96)
    assert first.etag != second.etag
    assert opened(second).size == (60, 60)


def test_a_broken_picture_is_decoded_once(
    shop: Shop, covers: Covers, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop.path / "images/ruby.png").write_bytes(a_picture()[:60])
    with pytest.raises(BadMedia, match="not a readable picture"):
        covers.picture("images/ruby.png", 96)
    monkeypatch.setattr(module, "_small", lambda data, side: pytest.fail("decoded again"))
    with pytest.raises(BadMedia, match="not a readable picture"):
        covers.picture("images/ruby.png", 96)
    monkeypatch.undo()
    (shop.path / "images/ruby.png").write_bytes(a_picture())
    assert covers.picture("images/ruby.png", 96).data


def test_covers_on_disk_are_bounded(shop: Shop, uploads: Uploads) -> None:
    covers = Covers(shop, uploads, most=2000)
    for level in range(40):
        covers.picture(uploads.put(a_picture((level, 9, 9))), 96)
        assert sum(file.stat().st_size for file in covers.folder.iterdir()) <= 2000
    assert [*covers.folder.iterdir()]
    again = Covers(shop, uploads, most=2000)  # counts what it finds
    again.picture(uploads.put(a_picture((99, 99, 99))), 96)
    assert sum(file.stat().st_size for file in again.folder.iterdir()) <= 2000


def test_a_shop_that_cannot_be_written_to_still_has_covers(
    shop: Shop, covers: Covers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "durably", full)
    assert opened(covers.picture("images/ruby.png", 96)).size == (64, 48)


@pytest.mark.parametrize(
    "value", ["../secret.png", "images/../../secret.png", "link.png", "audio", "no.png", "a\0b"]
)
def test_nothing_outside_the_shop_is_read(
    shop: Shop, covers: Covers, tmp_path: Path, value: str
) -> None:
    (tmp_path / "secret.png").write_bytes(a_picture())
    (tmp_path / "secret.wav").write_bytes(a_sound())
    (shop.path / "link.png").symlink_to(tmp_path / "secret.png")
    for ask in (lambda: covers.picture(value, 96), lambda: covers.sound(value)):
        with pytest.raises(BadMedia):
            ask()


def test_an_absolute_path_is_not_read(covers: Covers, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(a_picture())
    with pytest.raises(BadMedia, match="outside"):
        covers.picture(str(tmp_path / "secret.png"), 96)


@pytest.mark.parametrize(
    ("form", "kind"),
    [("WAV", "wav"), ("FLAC", "flac"), ("OGG", "ogg"), ("MP3", "mpeg"), ("AIFF", "aiff")],
)
def test_sounds_pass_as_they_are(covers: Covers, uploads: Uploads, form: str, kind: str) -> None:
    data = a_sound(form=form)
    found = covers.sound(uploads.put(data))
    assert found.data == data
    assert found.type == f"audio/{kind}"
    assert found.etag != covers.sound("audio/ruby.wav").etag


def test_what_is_no_sound_is_not_served_as_one(shop: Shop, covers: Covers) -> None:
    (shop.path / "page.wav").write_bytes(b"<html><script>alert(1)</script></html>")
    with pytest.raises(BadMedia, match="not a sound"):
        covers.sound("page.wav")
    with pytest.raises(BadMedia, match="not a sound"):
        covers.sound("images/ruby.png")


def test_of_a_video_a_frame_is_shown_and_the_sound_passes(shop: Shop, covers: Covers) -> None:
    pytest.importorskip("av", reason="videos need PyAV")
    (shop.path / "film.mp4").write_bytes(film("mp4", seed=1, sound=True))
    assert max(opened(covers.picture("film.mp4", 96)).size) <= 96
    assert covers.sound("film.mp4").type == "audio/mp4"
