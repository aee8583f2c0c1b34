"""Every form that a picture comes in: modes, depths, profiles, containers, and bombs."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from prismrec.errors import BadMedia
from prismrec.media.image import decode_frames, decode_image, picture_size
from prismrec.media.image.decode import FORMATS, TURNS

RED, GREEN = (200, 30, 30), (30, 200, 30)


def encoded(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def scene(width: int = 48, height: int = 32) -> Image.Image:
    """Red on the left, green on the right."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(GREEN, (width // 2, 0, width, height))
    return picture


def png(width: int, height: int, rows: list[bytes], *, depth: int, colour: int, **more: bytes):
    """A PNG written by hand, for what Pillow does not write; `more`: chunks before the data."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", header), *((k.encode(), v) for k, v in more.items())]
    chunks += [(b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def kinds() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of the same scene in every form."""
    picture = scene()
    yield "png", encoded(picture)
    yield "jpeg", encoded(picture, "JPEG", quality=95, subsampling=0)
    yield "jpeg progressive", encoded(picture, "JPEG", quality=95, progressive=True, subsampling=0)
    yield "jpeg cmyk", encoded(picture.convert("CMYK"), "JPEG", quality=95)
    yield "tiff cmyk", encoded(picture.convert("CMYK"), "TIFF")
    yield "webp", encoded(picture, "WEBP", quality=95)
    yield "webp lossless", encoded(picture, "WEBP", lossless=True)
    yield "webp alpha", encoded(picture.convert("RGBA"), "WEBP", lossless=True)
    yield "avif", encoded(picture, "AVIF", quality=95)
    yield "gif", encoded(picture, "GIF")
    yield (
        "gif moving",
        encoded(
            picture, "GIF", save_all=True, append_images=[Image.new("RGB", picture.size, "blue")]
        ),
    )
    yield (
        "apng",
        encoded(
            picture, "PNG", save_all=True, append_images=[Image.new("RGB", picture.size, "blue")]
        ),
    )
    yield (
        "webp moving",
        encoded(
            picture, "WEBP", save_all=True, append_images=[Image.new("RGB", picture.size, "blue")]
        ),
    )
    yield "bmp", encoded(picture, "BMP")
    yield "bmp palette", encoded(picture.quantize(2), "BMP")
    yield "ppm", encoded(picture, "PPM")
    yield "jpeg 2000", encoded(picture, "JPEG2000")
    yield "tiff", encoded(picture, "TIFF")
    for packing in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield packing, encoded(picture, "TIFF", compression=packing)
    yield "tiff ycbcr", encoded(picture.convert("YCbCr"), "TIFF")
    yield "mpo", encoded(picture, "MPO", save_all=True, append_images=[picture], quality=95)
    yield "palette", encoded(picture.quantize(4))
    yield "palette clear", encoded(picture.convert("RGBA").quantize(4))
    yield "rgba", encoded(picture.convert("RGBA"))
    row = b"".join(struct.pack(">HHH", *(257 * v for v in c)) for c in [RED] * 24 + [GREEN] * 24)
    yield "png 16-bit rgb", png(48, 32, [row] * 32, depth=16, colour=2)
    row = b"".join(
        struct.pack(">4H", *(257 * v for v in c), 65535) for c in [RED] * 24 + [GREEN] * 24
    )
    yield "png 16-bit rgba", png(48, 32, [row] * 32, depth=16, colour=6)


KINDS = dict(kinds())


@pytest.mark.parametrize("kind", KINDS)
def test_every_form_shows_the_same_scene(kind: str) -> None:
    pixels = decode_image(KINDS[kind])
    assert pixels.shape == (32, 48, 3)
    assert pixels.dtype == np.uint8
    for colour, part in ((RED, pixels[8:24, 4:20]), (GREEN, pixels[8:24, 28:44])):
        assert np.abs(part.mean(axis=(0, 1)) - colour).max() < 12
    assert picture_size(KINDS[kind]) == (48, 32)
    assert len(decode_frames(KINDS[kind])) == 1


def test_every_format_is_tried() -> None:
    def name(data: bytes) -> str | None:
        return Image.open(io.BytesIO(data)).format

    assert {name(data) for data in KINDS.values()} == {*FORMATS, "MPO"}  # which begins as a JPEG


GREYS = [0, 128, 255]


def greys() -> Iterator[tuple[str, bytes]]:
    levels = np.array([GREYS])
    yield "8", encoded(Image.fromarray(levels.astype(np.uint8)))
    yield "16", encoded(Image.fromarray(levels.astype(np.uint16) * 257))
    yield "tiff 16", encoded(Image.fromarray(levels.astype(np.uint16) * 257), "TIFF")
    yield "tiff 32", encoded(Image.fromarray(levels.astype(np.int32) * 257), "TIFF")
    for name, scale in (("byte", 1), ("deep", 257), ("share", 1 / 255)):
        yield f"float {name}", encoded(Image.fromarray(np.float32(levels * scale)), "TIFF")
    yield "with alpha", encoded(Image.fromarray(levels.astype(np.uint8)).convert("LA"))
    row = b"".join(struct.pack(">HH", 257 * level, 65535) for level in GREYS)
    yield "16 with alpha", png(3, 1, [row], depth=16, colour=4)


GREY_FORMS = dict(greys())


@pytest.mark.parametrize("form", GREY_FORMS)
def test_grey_levels_keep_their_meaning(form: str) -> None:
    pixels = decode_image(GREY_FORMS[form])
    assert (pixels == pixels[..., :1]).all()
    assert pixels[0, :, 0].tolist() == GREYS


def test_one_bit_pictures() -> None:
    picture = Image.new("1", (9, 2), 1)
    picture.putpixel((3, 0), 0)
    for form in ("PNG", "TIFF", "BMP"):
        assert decode_image(encoded(picture, form))[0, 2:5, 0].tolist() == [255, 0, 255]


def test_a_clear_level_of_deep_grey_is_white() -> None:
    rows = [struct.pack(">3H", 0, 30_000, 65535)]
    data = png(3, 1, rows, depth=16, colour=0, tRNS=struct.pack(">H", 30_000))
    assert decode_image(data)[0, :, 0].tolist() == [0, 255, 255]


def test_a_clear_level_of_grey_and_of_colour_is_white() -> None:
    grey = Image.fromarray(np.array([[0, 100, 200]], np.uint8))
    assert decode_image(encoded(grey, transparency=100))[0, :, 0].tolist() == [0, 255, 200]
    colour = Image.new("RGB", (2, 1), RED)
    colour.putpixel((1, 0), GREEN)
    assert decode_image(encoded(colour, transparency=RED))[0].tolist() == [[255] * 3, [*GREEN]]


def swapped_profile() -> bytes:
    """A profile whose red is the green of sRGB: three tags of the file change names."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    head = 132 + 12 * struct.unpack(">I", profile[128:132])[0]
    table = bytes(profile[:head]).replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ")
    profile[:head] = table.replace(b"?XYZ", b"gXYZ")
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_an_embedded_profile_is_followed(form: str) -> None:
    profile = swapped_profile()
    pixels = decode_image(encoded(scene(), form, icc_profile=profile, quality=95))
    left, right = pixels[16, 10].astype(int), pixels[16, 40].astype(int)
    assert left[1] > left[0] + 50
    assert right[0] > right[1] + 50


def test_the_profile_of_a_picture_with_clear_parts_is_followed() -> None:
    picture = scene().convert("RGBA")
    picture.putpixel((0, 0), (0, 0, 0, 0))
    pixels = decode_image(encoded(picture, icc_profile=swapped_profile()))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[16, 10].argmax() == 1


@pytest.mark.parametrize(
    "profile", [b"broken", b"\0" * 500, swapped_profile()[:300], b"x" * 100_000]
)
def test_a_broken_profile_is_left_aside(profile: bytes) -> None:
    assert (decode_image(encoded(scene(), icc_profile=profile)) == np.asarray(scene())).all()


def test_a_profile_for_other_channels_is_left_aside() -> None:
    grey = scene().convert("L")
    pixels = decode_image(encoded(grey, icc_profile=swapped_profile()))
    assert (pixels[..., 0] == np.asarray(grey)).all()


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_is_turned_upright(form: str, turn: int) -> None:
    back = {6: 8, 8: 6}.get(turn, turn)  # the way from upright to stored
    stored = scene().transpose(TURNS[back]) if turn > 1 else scene()
    exif = Image.Exif()
    exif[0x0112] = turn
    pixels = decode_image(encoded(stored, form, exif=exif, quality=95)).astype(int)
    assert pixels.shape == (32, 48, 3)
    assert pixels[16, 8, 0] > pixels[16, 8, 1] + 100
    assert pixels[16, 40, 1] > pixels[16, 40, 0] + 100


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow says so; it is no fault of ours
@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0II*"])
def test_broken_remarks_do_not_matter(exif: bytes) -> None:
    assert decode_image(encoded(scene(), "JPEG", exif=exif)).shape == (32, 48, 3)


def test_text_that_unpacks_to_gigabytes_is_refused() -> None:
    bomb = zlib.compress(b"\0" * 20_000_000, 9)
    data = png(1, 1, [b"\0\0\0"], depth=8, colour=2, zTXt=b"Comment\0\0" + bomb)
    assert len(data) < 200_000
    with pytest.raises(BadMedia, match="not a readable picture"):
        decode_image(data)


def test_much_text_is_refused() -> None:
    notes = PngImagePlugin.PngInfo()
    for number in range(70):
        notes.add_text(f"note {number}", "x" * 1_000_000, zip=True)
    with pytest.raises(BadMedia, match="not a readable picture"):
        decode_image(encoded(scene(), pnginfo=notes))


def test_the_limit_is_ours_whatever_pillow_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # Pillow's own is a setting of the process
    assert decode_image(encoded(scene())).shape == (32, 48, 3)


def test_sizes_are_told_without_decoding() -> None:
    huge = png(15_000, 15_000, [], depth=8, colour=2)  # 675 MB, of which nothing follows
    assert picture_size(huge) == (15_000, 15_000)
    with pytest.raises(BadMedia, match="a picture of 17000 x 17000 pixels is over"):
        picture_size(png(17_000, 17_000, [], depth=8, colour=2))
    for data in (b"", b"GIF89a", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(BadMedia, match="not a readable picture"):
            picture_size(data)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    keep=st.floats(0.1, 1),
)
def test_broken_bytes_give_a_picture_or_a_reason(kind, changes, keep) -> None:
    data = bytearray(KINDS[kind])
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    part = bytes(data[: int(len(data) * keep)])
    try:
        pixels = decode_image(part, short_side=8)
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
    except BadMedia as bad:
        assert bad.reason
