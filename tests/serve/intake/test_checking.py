"""What is posted is judged by its content: a picture, a sound, a text, and no more than may be."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from faults.film import film
from prismrec.data.limits import Limits
from prismrec.errors import BadMedia
from prismrec.serve.intake import checked
from prismrec.serve.intake.checking import disguise
from serve.intake.making import a_picture, a_sound

LIMITS = Limits(bytes=2_000_000, pixels=1_000_000, seconds=60.0, characters=1000)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_that_claims(width: int, height: int, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def wav(*, rate: int = 8000, channels: int = 1, says: int = 16_000, has: int = 16_000) -> bytes:
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", says + 36, b"WAVE", b"fmt ", 16, 1, channels, rate,
        (rate * 2 * channels) & 0xFFFFFFFF, 2 * channels, 16,
    )  # fmt: skip
    return head + struct.pack("<4sI", b"data", says) + b"\1\2" * (has // 2)


def moving(form: str, frames: int) -> bytes:
    file = io.BytesIO()
    first, *rest = [Image.new("RGB", (8, 8), (n % 256, n // 256, 5)) for n in range(frames)]
    first.save(file, form, save_all=True, append_images=rest, duration=10)
    return file.getvalue()


def archive(name: str = "a.txt") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        out.writestr(name, "x")
    return file.getvalue()


def reason(modality: str, data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(BadMedia) as bad:
        checked(modality, data, limits)
    assert "\n" not in bad.value.reason
    return bad.value.reason


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_pictures_are_taken(form: str) -> None:
    checked("image", a_picture(form=form), LIMITS)


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_sounds_are_taken(form: str) -> None:
    checked("audio", a_sound(form=form), LIMITS)


@pytest.mark.parametrize("kind", ["mp4", "matroska", "webm", "avi"])
def test_videos_are_taken_as_pictures_and_as_sounds(kind: str) -> None:
    pytest.importorskip("av", reason="videos need PyAV")
    data = film(kind, seed=1, sound=True)
    checked("image", data, LIMITS)
    checked("audio", data, LIMITS)
    assert "no sound" in reason("audio", film(kind, seed=1))
    assert "no moving picture" in reason("image", film(kind, seed=1, sound=True, picture=False))


def test_texts_are_taken_within_their_limit() -> None:
    checked("text", "风筝 and a kite".encode(), LIMITS)
    assert "1,001 characters, over 1,000" in reason("text", b"a" * 1001)
    assert "UTF-8" in reason("text", b"\xff\xfe\xfa")
    assert "zero bytes" in reason("text", b"a\0b")


@pytest.mark.parametrize("modality", ["image", "audio", "text"])
def test_nothing_and_too_much_are_told(modality: str) -> None:
    assert "is empty" in reason(modality, b"")
    assert "MiB, over" in reason(modality, b"\xff\xd8\xff" + bytes(LIMITS.bytes))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "SVG"),
        (b'<?xml version="1.0"?><svg></svg>', "SVG"),
        (b"<!doctype html><html></html>", "HTML"),
        (b"%PDF-1.7\n", "PDF"),
        (archive(), "ZIP"),
        (b"MZ\x90\0" + bytes(64), "EXE"),
        (b"\x7fELF" + bytes(64), "ELF"),
        (b"just words", "TEXT"),
        (b"\0\1\2\3" * 30, "something unknown"),
        (b"%!PS-Adobe-3.0\n", "POSTSCRIPT"),
        (b"\0\0\1\0\1\0" + bytes(40), "ICO"),
    ],
)
def test_what_is_neither_is_named(data: bytes, name: str) -> None:
    for modality, wanted in (("image", "JPEG"), ("audio", "WAV")):
        told = reason(modality, data)
        assert f"but {name}" in told
        assert wanted in told


def test_a_sound_is_no_picture_and_the_other_way_round() -> None:
    assert "not a picture but WAV" in reason("image", a_sound())
    assert "not a sound but PNG" in reason("audio", a_picture())


@pytest.mark.parametrize(
    "data",
    [
        a_picture() + b"<script>alert(1)</script>",
        a_picture(form="JPEG") + archive(),
        a_picture(form="JPEG") + b"%PDF-1.4\n1 0 obj",
        a_picture(form="GIF")[:6] + b"/*<html>" + a_picture(form="GIF")[6:],
        a_picture() + b"Rar!\x1a\x07",
    ],
)
def test_a_picture_that_is_something_else_as_well_is_refused(data: bytes) -> None:
    assert "is also" in reason("image", data)


def test_a_sound_with_a_page_or_an_archive_in_it_is_refused() -> None:
    assert "web page" in reason("audio", a_sound() + b"<html><body>")
    assert "zip" in reason("audio", a_sound() + archive())


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_with_a_reason_or_taken(data: bytes) -> None:
    for start in (b"", a_picture()[:40], a_sound()[:44], a_picture(form="GIF")[:20]):
        for modality in ("image", "audio"):
            try:
                checked(modality, start + data, LIMITS)
            except BadMedia as bad:
                assert bad.reason


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_good_picture_is_not_called_a_disguise(place: int, level: int) -> None:
    rng = np.random.default_rng(place)
    file = io.BytesIO()
    pixels = rng.integers(level // 2, level + 1, (40, 40, 3), endpoint=True).astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG")
    assert disguise(file.getvalue()) == ""


@pytest.mark.parametrize(
    ("width", "height"), [(60_000, 60_000), (1001, 1000), (2**31 - 1, 2**31 - 1)]
)
def test_a_picture_is_judged_by_its_head(width: int, height: int) -> None:
    told = reason("image", png_that_claims(width, height))
    assert "over" in told
    assert "shop.toml" not in told  # advice for the owner of the shop, not for who posts


def test_a_cut_picture_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    assert "not a readable picture" in reason("image", file.getvalue()[:3000])
    assert "not a readable picture" in reason("image", png_that_claims(500, 500))


def test_a_remark_that_swells_is_not_read_whole() -> None:
    swollen = chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(200_000_000), 9))
    assert "picture" in reason("image", png_that_claims(8, 8, swollen))


def test_a_line_is_no_picture() -> None:
    assert "too narrow" in reason("image", a_picture(size=(4000, 2)))


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_of_a_long_animation_the_first_frame_is_looked_at(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = moving(form, 300)
    seeks: list[int] = []
    plugin = {"GIF": "GifImagePlugin.GifImageFile", "WEBP": "WebPImagePlugin.WebPImageFile"}[form]
    monkeypatch.setattr(f"PIL.{plugin}.seek", lambda self, frame: seeks.append(frame))
    checked("image", data, LIMITS)
    assert seeks == []


def test_a_head_that_lies_about_its_length_hides_nothing() -> None:
    checked("audio", wav(says=0xFFFFFF00), replace(LIMITS, seconds=1e9))
    assert "hours is over" in reason("audio", _flac(7200))
    assert "no samples" in reason("audio", wav(says=0, has=0))


@pytest.mark.parametrize("rate", [1, 999, 3_000_000])
def test_rates_that_no_sound_has_are_refused(rate: int) -> None:
    assert "samples a second" in reason("audio", wav(rate=rate), replace(LIMITS, seconds=1e9))


def test_hundreds_of_channels_are_refused() -> None:
    assert "channels" in reason("audio", wav(channels=200, says=40_000, has=40_000))


def test_values_that_are_not_finite_are_refused() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.full(800, np.nan), 8000, format="WAV", subtype="FLOAT")
    assert "not finite" in reason("audio", file.getvalue())


def _flac(seconds: int) -> bytes:
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 8000, 1, format="FLAC") as file:
        for _ in range(seconds // 60):
            file.write(np.zeros(8000 * 60, np.int16))
    return out.getvalue()
