"""Pictures: every format that is read, and every fault that a picture may have."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms, ImageFilter, PngImagePlugin

from faults.film import film
from faults.kind import Kind, bad, good

__all__ = ["PICTURES", "png_of", "scene"]

PAGE = b"<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>"


@functools.cache
def scene(seed: int, width: int = 160, height: int = 120) -> Image.Image:
    """Boxes of many colours with grain; another picture for each seed."""
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), rng.integers(0, 256, 3), np.float64)
    for _ in range(24):
        top, left = rng.integers(0, height - 8), rng.integers(0, width - 8)
        pixels[top : top + rng.integers(8, 60), left : left + rng.integers(8, 60)] = rng.integers(
            0, 256, 3
        )
    pixels += rng.normal(0, 6, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def of(seed: int, kind: str, mode: str = "RGB", **options: object) -> Callable[[], bytes]:
    """A scene as a file of that format and mode."""
    return lambda: saved(scene(seed).convert(mode), kind, **options)


def cut(content: Callable[[], bytes], share: float) -> Callable[[], bytes]:
    """The beginning of a file."""
    return lambda: (whole := content())[: int(share * len(whole))]


def with_alpha(seed: int) -> Image.Image:
    """A scene that fades out to the right."""
    picture = scene(seed).convert("RGBA")
    fade = np.tile(np.linspace(255, 40, picture.width).astype(np.uint8), (picture.height, 1))
    picture.putalpha(Image.fromarray(fade))
    return picture


def sixteen(seed: int, kind: str) -> bytes:
    """A picture of 65,536 grey levels."""
    grey = np.asarray(scene(seed).convert("L"), np.uint16) * 257
    return saved(Image.fromarray(grey), kind)


def floating(seed: int) -> bytes:
    """A picture of grey levels from 0 to 1."""
    grey = np.asarray(scene(seed).convert("L"), np.float32) / 255
    return saved(Image.fromarray(grey), "TIFF")


def turned(seed: int, orientation: int) -> bytes:
    """A JPEG that says how the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(scene(seed), "JPEG", exif=exif)


def frames(seed: int, kind: str) -> bytes:
    """A moving picture."""
    more = [scene(seed + step) for step in (1, 2)]
    return saved(scene(seed), kind, save_all=True, append_images=more)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A part of a PNG file."""
    crc = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def png_of(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG file with any claim about its size."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def zeros(n: int) -> bytes:
    """So many zero bytes, deflated without ever being whole in memory."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(n >> 20)]
    return b"".join(parts) + packer.compress(bytes(n & 0xFFFFF)) + packer.flush()


def text_bomb() -> bytes:
    """A PNG with a remark that is a thousand times larger when unpacked."""
    info = PngImagePlugin.PngInfo()
    info.add_text("remark", "x" * 50_000_000, zip=True)
    return saved(scene(70), "PNG", pnginfo=info)


def resized(content: bytes, place: int, fmt: str, *size: int) -> bytes:
    """A file whose header claims another size."""
    claim = struct.pack(fmt, *size)
    return content[:place] + claim + content[place + len(claim) :]


def huge_jpeg() -> bytes:
    """A JPEG that claims 65,500 x 65,500 pixels."""
    content = of(71, "JPEG")()
    return resized(content, content.index(b"\xff\xc0") + 5, ">HH", 65500, 65500)


def wrong_checksum() -> bytes:
    """A PNG whose pixels are right, but not the sum that vouches for them."""
    content = bytearray(of(67, "PNG")())
    content[content.index(b"IEND") - 8] ^= 0xFF
    return bytes(content)


def broken_middle() -> bytes:
    """A PNG whose pixels were damaged in the middle."""
    content = bytearray(of(72, "PNG")())
    for place in range(len(content) // 2, len(content) // 2 + 64):
        content[place] ^= 0x5A
    return bytes(content)


def broken_start() -> bytes:
    """A PNG whose pixels cannot be unpacked at all."""
    content = bytearray(of(59, "PNG")())
    place = content.index(b"IDAT") + 4
    content[place : place + 64] = bytes(64)
    return bytes(content)


def flat(mode: str, colour: object) -> Callable[[], bytes]:
    """A picture of one colour."""
    return lambda: saved(Image.new(mode, (120, 90), colour), "PNG")


def pale() -> bytes:
    """A scene with hardly any contrast."""
    return saved(scene(73).convert("L").point(lambda level: 120 + level // 16), "PNG")


def soft() -> bytes:
    """A large scene that is out of focus."""
    return saved(scene(74, 640, 480).filter(ImageFilter.GaussianBlur(16)), "JPEG")


def noise(n: int, seed: int = 0) -> bytes:
    """Random bytes that begin like nothing."""
    return b"\x07" + np.random.default_rng(seed).bytes(n)


def zipped() -> bytes:
    """An archive."""
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("picture.png", of(75, "PNG")())
    return out.getvalue()


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PSD = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 90, 120, 8, 3) + bytes(64)
HEIC = struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(200)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'

MODES = (
    good("rgb.png", "image", of(1, "PNG")),
    good("grey.png", "image", of(2, "PNG", "L")),
    good("one-bit.png", "image", of(3, "PNG", "1")),
    good("palette.png", "image", of(4, "PNG", "P")),
    good("palette-clear.png", "image", of(5, "PNG", "P", transparency=0)),
    good("alpha.png", "image", lambda: saved(with_alpha(6), "PNG")),
    good("grey-alpha.png", "image", lambda: saved(with_alpha(7).convert("LA"), "PNG")),
    good("sixteen.png", "image", lambda: sixteen(8, "PNG")),
    good("moving.png", "image", lambda: frames(9, "PNG")),
    good("rgb.jpg", "image", of(12, "JPEG")),
    good("grey.jpg", "image", of(13, "JPEG", "L")),
    good("cmyk.jpg", "image", of(14, "JPEG", "CMYK")),
    good("progressive.jpeg", "image", of(15, "JPEG", progressive=True)),
    good("profile.jpg", "image", of(16, "JPEG", icc_profile=SRGB)),
    good("profile-broken.jpg", "image", of(17, "JPEG", icc_profile=b"no profile at all")),
    good("remarks-broken.jpg", "image", of(18, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")),
    good("tail.jpg", "image", lambda: of(19, "JPEG")() + b"bytes of some camera" * 40),
    *(
        good(f"turned-{how}.jpg", "image", functools.partial(turned, 20 + how, how))
        for how in range(2, 9)
    ),
    good("lossy.webp", "image", of(30, "WEBP")),
    good("lossless.webp", "image", of(31, "WEBP", lossless=True)),
    good("alpha.webp", "image", lambda: saved(with_alpha(32), "WEBP")),
    good("moving.webp", "image", lambda: frames(33, "WEBP")),
    good("still.gif", "image", of(36, "GIF")),
    good("moving.gif", "image", lambda: frames(37, "GIF")),
    good("rgb.bmp", "image", of(40, "BMP")),
    good("palette.bmp", "image", of(41, "BMP", "P")),
    good("one-bit.bmp", "image", of(42, "BMP", "1")),
    good("rgb.tif", "image", of(43, "TIFF")),
    good("lzw.tif", "image", of(44, "TIFF", compression="tiff_lzw")),
    good("cmyk.tiff", "image", of(45, "TIFF", "CMYK")),
    good("sixteen.tif", "image", lambda: sixteen(46, "TIFF")),
    good("float.tif", "image", lambda: floating(47)),
    good("pages.tif", "image", lambda: frames(48, "TIFF")),
    good("rgb.jp2", "image", of(51, "JPEG2000")),
    good("rgb.avif", "image", of(52, "AVIF")),
    good("rgb.ppm", "image", of(53, "PPM")),
    good("two.mpo", "image", lambda: frames(54, "MPO")),
    good("no-suffix", "image", of(57, "PNG")),
    good("grain.mp4", "image", lambda: film("mp4", seed=58)),
)
FAULTS = (
    good("png-as.jpg", "image", of(60, "PNG"), "file.wrong-extension"),
    good("jpeg-as.png", "image", of(61, "JPEG"), "file.wrong-extension"),
    good("webp-as.jpg", "image", of(62, "WEBP"), "file.wrong-extension"),
    good("pixel.png", "image", lambda: saved(Image.new("RGB", (1, 1), "red"), "PNG"), "image.tiny"),
    good("icon.png", "image", lambda: saved(scene(63).resize((16, 16)), "PNG"), "image.tiny"),
    good(
        "line.png",
        "image",
        lambda: saved(scene(64).resize((10000, 10)), "PNG"),
        *("image.tiny", "image.extreme-aspect"),
    ),
    good(
        "banner.jpg",
        "image",
        lambda: saved(scene(65, 1200, 64), "JPEG"),
        "image.extreme-aspect",
    ),
    good("white.png", "image", flat("RGB", "white"), "image.blank"),
    good("clear.png", "image", flat("RGBA", (90, 20, 60, 0)), "image.blank"),
    good("pale.png", "image", pale, "image.low-contrast"),
    good("soft.jpg", "image", soft, "image.blurred"),
    good(
        "wide.png",
        "image",
        lambda: png_of(7900, 7900, zeros(7901 * 7900), colour=0),
        "image.blank",
    ),
    bad("nothing.jpg", "image", bytes, "file.empty"),
    *(
        bad(
            f"cut-{percent}.{suffix}",
            "image",
            cut(of(seed, kind), percent / 100),
            "image.truncated",
        )
        for seed, kind, suffix, shares in (
            (76, "JPEG", "jpg", (20, 50, 95)),
            (77, "PNG", "png", (5, 50, 95)),
            (78, "GIF", "gif", (50,)),
            (79, "WEBP", "webp", (50,)),
            (80, "TIFF", "tif", (50,)),
            (81, "BMP", "bmp", (50,)),
            (82, "JPEG2000", "jp2", (50,)),
            (83, "AVIF", "avif", (50,)),
            (84, "PPM", "ppm", (50,)),
        )
        for percent in shares
    ),
    good(
        "zero-tail.jpg",
        "image",
        lambda: (whole := of(85, "JPEG")())[: len(whole) // 2] + bytes(100_000),
        "image.cut-short",
    ),
    good("changed.png", "image", wrong_checksum, "file.checksum"),
    bad("damaged-middle.png", "image", broken_middle, "file.damaged"),
    bad("damaged.png", "image", broken_start, "file.damaged"),
    good("moving-cut.gif", "image", cut(lambda: frames(66, "GIF"), 0.7), "image.cut-short"),
    bad("remark-bomb.png", "image", text_bomb, "file.damaged"),
    bad("page.jpg", "image", lambda: PAGE, "file.web-page"),
    bad("words.jpg", "image", "a red lamp, 一盏红灯".encode, "file.wrong-kind"),
    bad("archive.png", "image", zipped, "file.wrong-kind"),
    bad("paper.jpg", "image", lambda: b"%PDF-1.7\n" + noise(900), "file.wrong-kind"),
    bad("drawing.eps", "image", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "file.wrong-kind"),
    bad("noise.jpg", "image", lambda: noise(5000), "file.unreadable"),
    bad("targa.tga", "image", of(86, "TGA"), "file.unreadable"),
    bad("drawing.svg", "image", lambda: SVG, "file.unsupported"),
    bad("layers.psd", "image", lambda: PSD, "file.unsupported"),
    bad("icon.ico", "image", of(87, "ICO"), "file.unsupported"),
    bad("phone.heic", "image", lambda: HEIC, "file.unsupported"),
    bad("bomb.png", "image", lambda: png_of(50_000, 50_000, zeros(1 << 20)), "file.too-large"),
    bad(
        "zip-like.png",
        "image",
        lambda: png_of(20_000, 20_000, zeros(20_000 * 2501), depth=1, colour=0),
        "file.too-large",
    ),
    bad("bomb.jpg", "image", huge_jpeg, "file.too-large"),
    bad(
        "bomb.gif",
        "image",
        lambda: resized(of(88, "GIF")(), 6, "<HH", 65535, 65535),
        "file.too-large",
    ),
    bad(
        "bomb.bmp",
        "image",
        lambda: resized(of(89, "BMP")(), 18, "<ii", 60000, 60000),
        "file.too-large",
    ),
)
PICTURES: tuple[Kind, ...] = (*MODES, *FAULTS)
