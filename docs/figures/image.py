"""Draws the pictures of docs/preprocessing-image.md from the covers of a demo shop."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageCms, ImageDraw, ImageFont, ImageOps

from prismrec.media.image import Pixels, decode_frames, decode_image
from prismrec.media.image.augment import (
    ColourJitter,
    Erase,
    Flip,
    Noise,
    RandomResizedCrop,
    Rotate,
)
from prismrec.media.image.normalise import normalised
from prismrec.media.image.saliency import saliency
from prismrec.registry import build_steps

CELL, GAP, LINE = 128, 10, 14  # pixels: a picture, the space around it, a line of writing
INK, FAINT, EDGE, PAPER = (30, 34, 40), (105, 110, 118), (214, 217, 221), (255, 255, 255)
MOST_BYTES = 80_000  # of a sheet

Cell = tuple[str, Pixels]  # what is written under it, the picture
Looks = Callable[[str], Pixels]  # name of a look of the demo shop -> one of its covers


def main(shop: Path, out: Path) -> None:
    """Write image-*.png into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    cover = covers(shop)
    for name, rows in {
        "decode": decoding(cover),
        "denoise": denoising(cover),
        "enhance": enhancing(cover),
        "colour": colours(cover),
        "geometry": geometry(cover),
        "normalise": normalising(cover),
        "augment": augmenting(cover),
        "video": film(cover),
    }.items():
        (out / f"image-{name}.png").write_bytes(small_png(sheet(rows)))


def small_png(drawn: Image.Image) -> bytes:
    """With as many colours as fit into `MOST_BYTES`."""
    for colours in (256, 160, 112, 80):
        file = io.BytesIO()
        few = drawn.quantize(colours, dither=Image.Dither.NONE)
        few.save(file, "PNG", optimize=True)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def covers(shop: Path) -> Looks:
    """The second whole cover of a look, as the shop's records say."""
    truth = json.loads((shop / "truth.json").read_text("utf-8"))
    absent = {*truth["missing"]["image"], *(Path(file).stem for file in truth["broken"])}
    records = {key: r["look"] for key, r in truth["records"].items() if key not in absent}

    def of(look: str) -> Pixels:
        files = [shop / "images" / f"{key}.jpg" for key, own in records.items() if own == look]
        return decode_image(files[min(1, len(files) - 1)].read_bytes())

    return of


def shown(words: str, pixels: Pixels, *specs: str) -> list[Cell]:
    """A picture, and the same after the steps of each spec."""
    return [(words, pixels), *((spec, after(spec, pixels)) for spec in specs)]


def after(spec: str, pixels: Pixels) -> Pixels:
    """A picture after the steps of a spec."""
    for step in build_steps("image-steps", spec):
        pixels = step(pixels)
    return pixels


def denoising(cover: Looks) -> list[list[Cell]]:
    """Part of a cover with the grain of a poor camera, and with wrong pixels."""
    rng = np.random.default_rng(0)
    clean = cover("woodcut")[60:170, 130:240]
    noisy = np.clip(clean + rng.normal(0, 22, clean.shape), 0, 255).astype(np.uint8)
    spots = clean.copy()
    spots[rng.random(clean.shape[:2]) < 0.05] = 255
    spots[rng.random(clean.shape[:2]) < 0.05] = 0
    specs = ("non-local-means(strength=15)", "bilateral(tone=90)", "median")
    return [shown("grain", noisy, *specs), shown("wrong pixels", spots, *specs)]


def enhancing(cover: Looks) -> list[list[Cell]]:
    """Each on a cover that lacks what it gives."""
    soft = np.asarray(Image.fromarray(cover("collage")).resize((96, 96)).resize((384, 384)))
    dull = (70 + cover("dusk") * 0.35).astype(np.uint8)
    return [
        shown("dim", cover("film"), "clahe", "clahe(limit=8)"),
        shown("soft", soft[:200, :200], "sharpen", "sharpen(amount=3,radius=3)"),
        shown("flat", dull, "auto-contrast", "auto-contrast(cutoff=5)"),
    ]


def colours(cover: Looks) -> list[list[Cell]]:
    """White balance where it is right and where it is not; then every other change of colour."""
    ink, swiss, dusk = cover("ink"), cover("swiss"), cover("dusk")
    yellow = (ink * np.array((1.0, 0.86, 0.5))).astype(np.uint8)
    return [
        [*shown("grey things\nin yellow light", yellow, "grey-world"), ("without the light", ink)],
        shown("colours\nthat are meant", swiss, "grey-world", "grey-world(strength=0.5)"),
        shown("as it is", dusk, "brightness(factor=1.4)", "contrast(factor=1.6)"),
        shown("as it is", dusk, "gamma(gamma=0.5)", "saturation(factor=2)")
        + shown("", dusk, "greyscale")[1:],
    ]


def geometry(cover: Looks) -> list[list[Cell]]:
    """What is cut, kept and added, for a wide picture whose content is not in the middle."""
    neon = cover("neon")
    wide = np.concatenate([neon, neon[:, -1:].repeat(300, axis=1)], axis=1)
    found = saliency(wide)
    seen = Image.fromarray((255 * found / found.max()).astype(np.uint8)).resize((684, 384))
    framed = np.asarray(ImageOps.expand(Image.fromarray(cover("op")), (60, 20, 10, 90), "#eee"))
    crops = ("crop-centre", "crop-centre(share=0.6)", "crop-content", "crop-content(share=0.6)")
    return [
        shown("as it is", wide, "resize(short_side=30)", "stretch")
        + shown("what stands out", np.asarray(seen.convert("RGB"))),
        shown("", wide, *crops)[1:],
        shown("", wide, "letterbox", "letterbox(level=255)")[1:]
        + shown("framed", framed, "trim-borders"),
    ]


def normalising(cover: Looks) -> list[list[Cell]]:
    """How often each value occurs before and after, for the three channels."""
    pixels = cover("dusk")
    planes = pixels.transpose(2, 0, 1).astype(np.float32)
    before, ready = histogram(planes, 0, 255), histogram(normalised(pixels), -3, 3)
    return [[("cover", pixels), ("values\n0 to 255", before), ("normalised\n-3 to 3", ready)]]


def histogram(planes: np.ndarray, low: float, high: float) -> Pixels:
    """Lines of red, green and blue over low to high, with a mark at 0."""
    drawn = Image.new("RGB", (CELL, CELL), (246, 247, 248))
    pen = ImageDraw.Draw(drawn)
    zero = (0 - low) / (high - low) * (CELL - 1)
    pen.line((zero, 0, zero, CELL), fill=FAINT)
    for plane, ink in zip(planes, ("#d0342c", "#2b9348", "#2667c9"), strict=True):
        counts, _ = np.histogram(plane, bins=CELL, range=(low, high))
        height = np.sqrt(counts / counts.max()) * (CELL - 8)
        pen.line([(x, CELL - 3 - y) for x, y in enumerate(height)], fill=ink, width=2)
    return np.asarray(drawn)


def augmenting(cover: Looks) -> list[list[Cell]]:
    """The first three results of each."""
    steps = {
        "random-resized-crop": RandomResizedCrop(size=CELL),
        "flip": Flip(),
        "colour-jitter": ColourJitter(),
        "rotate": Rotate(),
        "erase": Erase(chance=1),
        "noise(deviation=20)": Noise(20),
    }
    pixels = np.asarray(Image.fromarray(cover("swiss")).resize((CELL, CELL)))
    rows = []
    for name, step in steps.items():
        rng = np.random.default_rng(10)
        rows.append([(name if n == 0 else "", step(pixels, rng)) for n in range(3)])
    return [first + second for first, second in zip(rows[::2], rows[1::2], strict=True)]


def decoding(cover: Looks) -> list[list[Cell]]:
    """What a file holds when its remarks are left aside, and what is decoded."""
    picture = Image.fromarray(cover("op")).resize((CELL, CELL))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(picture.transpose(Image.Transpose.ROTATE_90), exif=exif)
    clear = picture.convert("RGBA")
    clear.putalpha(Image.radial_gradient("L").resize(picture.size).point(lambda v: 255 - v))
    deep = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    inks = picture.convert("CMYK")
    files = {
        "orientation": turned,
        "transparency": encoded(clear),
        "16 bits": encoded(deep),
        "CMYK": encoded(inks),
        "wide colours": encoded(to_wide(picture), icc_profile=wide_profile()),
    }
    raw = [(f"{name}\nas stored", stored(data)) for name, data in files.items()]
    return [raw, [("decoded", decode_image(data)) for data in files.values()]]


def to_wide(picture: Image.Image) -> Image.Image:
    """The same colours as a camera with wide primaries stores them."""
    source = ImageCms.createProfile("sRGB")
    target = ImageCms.ImageCmsProfile(io.BytesIO(wide_profile()))
    moved = ImageCms.profileToProfile(picture, source, target)
    return picture if moved is None else moved


def wide_profile() -> bytes:
    """The profile of sRGB with primaries of its own, further out; values are XYZ under D50."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {
        b"rXYZ": (0.70, 0.28, 0.00),
        b"gXYZ": (0.13, 0.70, 0.03),
        b"bXYZ": (0.13, 0.02, 0.79),
    }
    for entry in range(struct.unpack(">I", profile[128:132])[0]):
        name, place, _ = struct.unpack(">4sII", profile[132 + 12 * entry : 144 + 12 * entry])
        if name in primaries:
            fixed = (round(value * 65536) for value in primaries[name])
            profile[place + 8 : place + 20] = struct.pack(">3i", *fixed)
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))


def film(cover: Looks) -> list[list[Cell]]:
    """A film of six seconds that begins and ends in the dark, and the frames that are taken."""
    scenes = [np.asarray(Image.fromarray(cover(look)).resize((160, 160)))
              for look in ("neon", "dusk", "collage", "swiss")]  # fmt: skip
    dark = np.zeros_like(scenes[0])
    frames = [dark] * 15 + [each for each in scenes for _ in range(15)] + [dark] * 15
    data = film_of(frames)
    every = [(f"{n / 15:.0f} s", frames[n]) for n in range(0, 90, 15)]
    taken = decode_frames(data, frames=6)
    return [every, [("taken", pixels) for pixels in taken]]


def film_of(frames: Sequence[Pixels]) -> bytes:
    """An MP4 of 15 frames a second."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=15)
        stream.height, stream.width = frames[0].shape[:2]
        stream.bit_rate = 4_000_000
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def stored(data: bytes) -> Pixels:
    """The values of a file with no regard to what they mean."""
    picture = Image.open(io.BytesIO(data))
    if picture.mode == "CMYK":
        return np.asarray(picture)[..., :3]
    if picture.mode == "I;16":
        return np.asarray(picture).clip(0, 255).astype(np.uint8)[..., None].repeat(3, axis=-1)
    return np.asarray(picture)[..., :3]


def encoded(picture: Image.Image, **options: object) -> bytes:
    """A file of it: TIFF for inks, PNG for the rest."""
    file = io.BytesIO()
    picture.save(file, "TIFF" if picture.mode == "CMYK" else "PNG", **options)
    return file.getvalue()


def sheet(rows: Sequence[Sequence[Cell]]) -> Image.Image:
    """Rows of pictures, each with its words underneath."""
    columns = max(map(len, rows))
    size = GAP + columns * (CELL + GAP), GAP + len(rows) * (CELL + 2 * LINE + GAP)
    drawn = Image.new("RGB", size, PAPER)
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(12)
    for row, cells in enumerate(rows):
        for column, (words, pixels) in enumerate(cells):
            left, top = GAP + column * (CELL + GAP), GAP + row * (CELL + 2 * LINE + GAP)
            small = Image.fromarray(pixels)
            if max(small.size) > CELL:
                small = ImageOps.contain(small, (CELL, CELL), Image.Resampling.LANCZOS)
            place = left, top + (CELL - small.height) // 2
            drawn.paste(small, place)
            pen.rectangle((*place, place[0] + small.width, place[1] + small.height), outline=EDGE)
            for line, part in enumerate(two_lines(words)):
                pen.text((left, top + CELL + 3 + line * LINE), part, (INK, FAINT)[line], font)
    return drawn


def two_lines(words: str) -> tuple[str, str]:
    """Name and the rest, so that long specs fit under a picture."""
    name, _, rest = words.partition("(" if "(" in words else "\n")
    return name, rest.rstrip(")")
