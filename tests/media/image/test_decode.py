from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from prismrec.errors import BadMedia
from prismrec.media.image import MAX_PIXELS, decode_image


def encoded(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def test_rgb_comes_back_as_it_was() -> None:
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert (decode_image(encoded(Image.fromarray(pixels))) == pixels).all()


def test_exif_orientation_is_applied() -> None:
    picture = Image.new("RGB", (20, 10), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    assert decode_image(encoded(picture, "JPEG", exif=exif)).shape == (20, 10, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_becomes_white(mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    options = {"transparency": 0} if mode == "P" else {}
    pixels = decode_image(encoded(clear.convert(mode), **options))
    assert pixels.min() == 255


def test_half_transparent_is_mixed_with_white() -> None:
    half = Image.new("RGBA", (2, 2), (0, 0, 0, 128))
    assert abs(int(decode_image(encoded(half))[0, 0, 0]) - 127) <= 1


def test_sixteen_bits_are_scaled_not_cut() -> None:
    levels = np.array([[0, 257 * 100, 65535]], np.uint16)
    assert decode_image(encoded(Image.fromarray(levels)))[0, :, 0].tolist() == [0, 100, 255]


def test_floats_are_scaled() -> None:
    levels = np.array([[0, 0.5, 1]], np.float32)
    assert decode_image(encoded(Image.fromarray(levels), "TIFF"))[0, :, 1].tolist() == [0, 128, 255]


def test_cmyk_becomes_rgb() -> None:
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    pixel = decode_image(encoded(red, "JPEG"))[8, 8]
    assert pixel[0] > 200
    assert pixel[1:].max() < 60


def test_first_frame_of_a_moving_picture() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("lime", "red")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode_image(data)[0, 0].tolist() == [0, 255, 0]


def test_a_large_jpeg_is_read_small_but_not_too_small() -> None:
    data = encoded(Image.new("RGB", (2000, 1000), "blue"), "JPEG")
    height, width, _ = decode_image(data, short_side=100).shape
    assert 100 <= height < 1000
    assert width == 2 * height


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_cut_off_pictures_are_refused(form: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = encoded(Image.fromarray(noise), form)
    with pytest.raises(BadMedia, match="not a readable picture"):
        decode_image(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a picture", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadMedia, match="unknown format"):
        decode_image(data)


def claiming(width: int, height: int) -> bytes:
    """A valid PNG header that promises far more pixels than follow."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    chunk = b"IHDR" + size + bytes([8, 2, 0, 0, 0])
    check = zlib.crc32(chunk).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + chunk + check


@pytest.mark.parametrize("side", [16_001, 60_000])
def test_a_picture_that_would_fill_the_memory_is_refused(side: int) -> None:
    assert side * side > MAX_PIXELS
    with pytest.raises(BadMedia):
        decode_image(claiming(side, side))
