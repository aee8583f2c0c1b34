"""Eight ways to draw a cover; each differs in palette, composition and texture.

A look never depends on what the record is about or how it sounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from prismrec.data.demo.paint import (
    FINE,
    SIZE,
    Colour,
    choose,
    field,
    fine,
    glow,
    gradient,
    grain,
    grid,
    mix,
    paste,
    picture,
    ridge,
)

__all__ = ["PAINTERS", "Lettering"]

BLACK, WHITE = (18, 18, 20), (250, 248, 242)


class Lettering(NamedTuple):
    """How title and artist stand on a cover; places and sizes are shares of its side."""

    ink: Colour
    top: float
    size: float
    align: str = "left"  # left, centre or right
    spaced: bool = False  # capitals, set wide
    label: Colour | None = None  # colour of a strip behind the letters


def swiss(rng: np.random.Generator) -> tuple[Image.Image, Lettering]:
    """Flat circles, quarters and bars on a strict grid, two inks on pale paper."""
    paper, *inks = choose(rng, SWISS)
    sheet, pen = fine(paper)
    n = int(rng.integers(2, 5))
    top, side = 0.3 * FINE, 0.64 * FINE / n
    left = 0.06 * FINE if rng.random() < 0.5 else 0.3 * FINE
    for row, column in np.ndindex(n, n):
        x, y = left + column * side, top + row * side
        cell = (x, y, x + side, y + side)
        ink, shape = inks[rng.integers(len(inks))], rng.integers(6)
        if shape == 0:
            pen.ellipse(cell, ink)
        elif shape == 1:
            pen.rectangle(cell, ink)
        elif shape in {2, 3}:  # a quarter of a circle around one corner of the cell
            dx, dy = rng.integers(2, size=2) * side
            centre = (x - side + dx, y - side + dy, x + side + dx, y + side + dy)
            start = {(0, 0): 0, (1, 0): 90, (1, 1): 180, (0, 1): 270}[dx > 0, dy > 0]
            pen.pieslice(centre, start, start + 90, ink)
        elif shape == 4:
            pen.rectangle((x, y + side * 0.36, x + side, y + side * 0.64), ink)
    return sheet.reduce(2), Lettering(BLACK, 0.06, 0.085)


def dusk(rng: np.random.Generator) -> tuple[Image.Image, Lettering]:
    """A soft evening sky, a pale sun and ridges that fade into haze."""
    rows, columns = grid()
    stops = choose(rng, DUSK)
    values = gradient(np.broadcast_to(rows * 1.3, (SIZE, SIZE)), stops[:3])
    x, y, radius = rng.uniform(0.2, 0.8), rng.uniform(0.28, 0.5), rng.uniform(0.06, 0.13)
    far = np.hypot(rows - y, columns - x)
    values += (70 * np.exp(-((far / (3 * radius)) ** 2)))[..., None]
    values = paste(values, (255, 244, 220), np.clip((radius - far) * SIZE, 0, 1))
    layers = int(rng.integers(4, 7))
    for k in range(layers):
        depth = (k + 1) / layers
        line = ridge(
            rng,
            0.5 + 0.42 * depth,
            height=rng.uniform(0.05, 0.12),
            rough=1.6 - 0.5 * depth,
        )
        colour = gradient(np.array([[depth]], np.float32), stops[2:])[0, 0]
        top = int(line.min() * SIZE)  # nothing changes above the highest peak
        below = rows[top:] - line
        haze = np.clip(1 - below * 1.6, 0.72, 1)[..., None]
        hill = haze * (colour - 235) + 235
        values[top:] = paste(values[top:], hill, np.clip(below * SIZE, 0, 1))
    return picture(values + grain(rng, 4)), Lettering(WHITE, 0.83, 0.055, "centre", spaced=True)


def woodcut(rng: np.random.Generator) -> tuple[Image.Image, Lettering]:
    """Black cuts in pale paper: rays or rings above, carved furrows below, a disc, a frame."""
    rows, columns = grid()
    paper, accent = choose(rng, WOODCUT)
    x, y = rng.uniform(0.25, 0.75), rng.uniform(0.28, 0.45)
    wobble = field(rng, 24, 24) - 0.5
    far = np.hypot(rows - y, columns - x)
    if rng.random() < 0.6:
        turn = np.arctan2(rows - y, columns - x)
        sky = np.sin(turn * int(rng.integers(26, 46)) + 1.4 * wobble) + 1.2 - far * 2.6
    else:
        sky = np.sin(far * rng.uniform(110, 170) + 2.2 * wobble) + 0.9 - far * 1.8
    line = ridge(rng, rng.uniform(0.54, 0.66), height=rng.uniform(0.05, 0.14), rough=1.5)
    below = np.maximum(rows - line, 0)
    furrows = np.sin(below**0.85 * rng.uniform(70, 110) + 3 * wobble) + 0.9 - 3.2 * below
    black = np.where(rows > line, (furrows < 0.15) | (below < 0.02), sky < 0.15)
    disc = (far + 0.03 * wobble < rng.uniform(0.1, 0.16)) & (rows < line)
    edge = np.minimum(np.minimum(rows, 1 - rows), np.minimum(columns, 1 - columns)) + 0.02 * wobble
    black = (black & ~disc & (edge > 0.06)) | ((edge > 0.035) & (edge < 0.048))
    soft = Image.fromarray(black).convert("L").filter(ImageFilter.GaussianBlur(0.6))
    values = paste(np.asarray(paper, np.float32), accent, disc.astype(np.float32))
    cover = np.asarray(soft, np.float32) / 255 * (0.9 + 0.1 * field(rng, 90, 90))
    values = paste(values, BLACK, cover)
    return picture(values + grain(rng, 5)), Lettering(BLACK, 0.78, 0.065, "centre", label=paper)


def neon(rng: np.random.Generator) -> tuple[Image.Image, Lettering]:
    """Glowing tubes over a floor of light that runs to a dark horizon."""
    night, one, two = choose(rng, NEON)
    sheet, pen = fine((0, 0, 0))
    horizon = FINE * rng.uniform(0.58, 0.7)
    for k in range(-14, 15):
        pen.line((FINE / 2 + k * 22, horizon, FINE / 2 + k * 150, FINE), one, 2)
    for depth in np.linspace(0, 1, 9) ** 2.2:
        pen.line((0, horizon + depth * FINE * 0.42, FINE, horizon + depth * FINE * 0.42), one, 2)
    middle = (FINE * rng.uniform(0.35, 0.65), FINE * rng.uniform(0.36, 0.46))
    sides, spin = int(rng.choice([3, 4, 6, 60])), rng.uniform(0, np.pi)
    for k in range(int(rng.integers(1, 5))):
        reach = FINE * (0.08 + 0.04 * k)
        turn = np.linspace(0, 2 * np.pi, sides + 1) + spin + 0.12 * k
        corners = [(middle[0] + reach * np.cos(t), middle[1] + reach * np.sin(t)) for t in turn]
        pen.line(corners, two if k % 2 == 0 else one, 7, joint="curve")
    for x, y in rng.random((60, 2)).tolist():
        at = (x * FINE, 0.2 * FINE + y * (horizon - 0.2 * FINE))
        pen.ellipse((*at, at[0] + 3, at[1] + 3), (190, 190, 210))
    rows, _ = grid()
    sky = gradient(np.broadcast_to(rows, (SIZE, SIZE)), [(8, 6, 18), night, (8, 6, 18)])
    return picture(sky + glow(sheet, 5)), Lettering(two, 0.06, 0.06, "centre", spaced=True)


def collage(rng: np.random.Generator) -> tuple[Image.Image, Lettering]:
    """Torn papers, printed with dots and stripes, that lie on each other and cast shadows."""
    ground, *papers = choose(rng, COLLAGE)
    table = Image.new("RGB", (SIZE, SIZE), ground)
    rng.shuffle(papers)
    for k in range(int(rng.integers(5, 8))):
        wide, tall = rng.uniform(0.14, 0.38, 2) * FINE
        torn, inner = tear(rng, wide, tall)
        place = (int(rng.uniform(0.15, 0.85) * SIZE), int(rng.uniform(0.15, 0.85) * SIZE))
        corner = (place[0] - torn.width // 2, place[1] - torn.height // 2)
        shadow = torn.filter(ImageFilter.GaussianBlur(4)).point([v * 2 // 5 for v in range(256)])
        table.paste((48, 40, 34), (corner[0] + 4, corner[1] + 4), shadow)
        table.paste(WHITE, corner, torn)
        paper = printed(rng, papers[k % len(papers)], ground)
        table.paste(paper.crop((0, 0, *torn.size)), corner, inner)
    values = np.asarray(table, np.float32) + 14 * (field(rng, 50, 50)[..., None] - 0.5)
    return picture(values + grain(rng, 5)), Lettering(BLACK, 0.8, 0.07, "left", label=WHITE)


def tear(rng: np.random.Generator, wide: float, tall: float) -> tuple[Image.Image, Image.Image]:
    """Masks of a torn sheet, and of its printed part inside the white edge of the tear."""
    turn = np.sort(rng.random(56)) * 2 * np.pi
    square = np.maximum(np.abs(np.cos(turn)), np.abs(np.sin(turn))) ** -0.8
    masks = []
    for inset in (0.0, 9.0):
        reach = square * rng.uniform(0.95, 1.05 - inset / 250, 56)
        x = wide * 1.5 + (wide - inset) * reach * np.cos(turn)
        y = tall * 1.5 + (tall - inset) * reach * np.sin(turn)
        mask = Image.new("L", (int(3 * wide), int(3 * tall)), 0)
        ImageDraw.Draw(mask).polygon([*zip(x.tolist(), y.tolist(), strict=True)], 255)
        masks.append(mask.reduce(2))
    return masks[0], masks[1]


def printed(rng: np.random.Generator, colour: Colour, ground: Colour) -> Image.Image:
    """A sheet of paper in one colour, plain or printed with dots or stripes."""
    rows, columns = (axis * SIZE for axis in grid())
    kind, step, slope = rng.integers(4), rng.uniform(7, 13), rng.uniform(-1, 1)
    sheet = Image.new("RGB", (SIZE, SIZE), colour)
    if kind == 0:
        across, down = columns % step - step / 2, rows % step - step / 2
        marks = across**2 + down**2 < (0.28 * step) ** 2
        sheet.paste(ground, mask=Image.fromarray(marks))
    elif kind == 1:
        marks = (rows + columns * slope) % (1.6 * step) < 0.7 * step
        sheet.paste(mix(colour, BLACK, 0.35), mask=Image.fromarray(marks))
    return sheet


def ink(rng: np.random.Generator) -> tuple[Image.Image, Lettering]:
    """Washes of black ink on rice paper: hills in mist, or one round stroke; a red seal."""
    rows, columns = grid()
    paper = np.asarray(choose(rng, INK)[0], np.float32) + 7 * (field(rng, 180, 12)[..., None] - 0.5)
    values = np.broadcast_to(paper, (SIZE, SIZE, 3))
    bleed = field(rng, 36, 36) - 0.5
    if rng.random() < 0.4:
        x, y, radius = rng.uniform(0.42, 0.58), rng.uniform(0.44, 0.54), rng.uniform(0.2, 0.28)
        far = np.hypot(rows - y, columns - x)
        turn = (np.arctan2(rows - y, columns - x) / (2 * np.pi) + rng.random()) % 1
        wide = 0.012 + 0.05 * (1 - turn) ** 1.5
        stroke = np.clip((wide - np.abs(far - radius + 0.02 * bleed)) * 60, 0, 1)
        bristle = field(rng, 8, 8) * 0.25 + 0.75 - 0.6 * turn * (np.sin(far * 900) > 0.2)
        values = paste(values, (26, 26, 30), stroke * bristle * np.clip((1 - turn) * 12, 0, 1))
    else:
        for k in range(int(rng.integers(3, 6))):
            line = ridge(rng, 0.36 + 0.13 * k, height=rng.uniform(0.06, 0.14), rough=1.25)
            below = rows - line + 0.03 * bleed
            fade = np.exp(-np.maximum(below, 0) / rng.uniform(0.06, 0.14))
            uneven = (0.35 + 0.16 * k) * (0.75 + 0.5 * field(rng, 9, 9))
            dark = np.clip(below * 70, 0, 1) * fade * uneven
            values = paste(values, (34, 36, 42), np.clip(dark, 0, 0.95))
    image = picture(values + grain(rng, 3))
    image.paste(seal(rng), (round(0.07 * SIZE), round(rng.choice([0.07, 0.82]) * SIZE)))
    return image, Lettering((40, 38, 40), 0.06, 0.055, "right")


def seal(rng: np.random.Generator) -> Image.Image:
    """A small red seal with strokes that look like carved characters and mean nothing."""
    cut = np.kron(rng.permutation(16).reshape(4, 4) < 9, np.ones((8, 8), bool))
    within = np.arange(32) % 8
    cut &= (within < 4)[:, None] | (within < 3)  # strokes with red between them
    values = np.full((44, 44, 3), (172, 38, 30), np.uint8)
    values[6:38, 6:38][cut] = (238, 222, 205)
    return Image.fromarray(values)


def op(rng: np.random.Generator) -> tuple[Image.Image, Lettering]:
    """Bands of hot colours that bend around a centre until the eye swims."""
    rows, columns = grid()
    x, y = rng.uniform(0.3, 0.7, 2)
    far, angle = np.hypot(rows - y, columns - x), np.arctan2(rows - y, columns - x)
    petals, bend = int(rng.integers(3, 9)), rng.uniform(0.03, 0.1)
    wave = far + bend * np.sin(petals * angle + rng.uniform(4, 14) * far)
    wave = wave + rng.uniform(0, 0.12) * field(rng, 4, 4)
    colours = choose(rng, OP)
    rng.shuffle(colours)
    bands = wave * (rng.uniform(13, 22) / len(colours)) % 1
    stops = [colour for colour in colours for _ in range(9)]  # flat bands with narrow edges
    values = gradient(bands, [*stops, colours[0]])
    return picture(values + grain(rng, 3)), Lettering(WHITE, 0.79, 0.075, "centre", label=BLACK)


def film(rng: np.random.Generator) -> tuple[Image.Image, Lettering]:
    """A grainy two-tone photograph of something soft: folds of cloth, far lamps, window light."""
    rows, columns = grid()
    warp = field(rng, 4, 3)
    kind = rng.integers(3)
    if kind == 0:
        slope = columns * rng.uniform(1.5, 3) + rows * rng.uniform(-2, 2) + 1.6 * warp
        tone = 0.45 + 0.4 * np.sin(7 * slope) * field(rng, 3, 3) + 0.3 * (warp - 0.5)
    elif kind == 1:
        tone = 0.3 * warp
        for x, y, size, shine in rng.random((int(rng.integers(9, 18)), 4)).tolist():
            far = np.hypot(rows - y, columns - x) * (1 / (0.05 + 0.12 * size))
            lamp = np.clip((1.05 - far) * 6, 0, 1) * (0.7 + 0.3 * far * far)
            tone = tone + (0.2 + 0.35 * shine) * lamp
    else:
        lean, step = rng.uniform(-0.5, 0.5), rng.uniform(0.16, 0.26)
        across, down = (columns + lean * rows) / step, (rows + 0.25 * lean * columns) / step * 0.8
        bars = np.minimum(np.abs(np.sin(3.1 * across)), np.abs(np.sin(3.1 * down)))
        panes = np.clip(6 * bars - 1.2, 0, 1)
        y, x = rng.uniform(0.3, 0.6), rng.uniform(0.3, 0.7)
        near = np.exp(-9 * ((rows - y) ** 2 + (columns - x) ** 2))
        tone = 0.16 + 0.2 * warp + 0.75 * panes * near
    tone = tone * (1.15 - 0.9 * ((rows - 0.5) ** 2 + (columns - 0.5) ** 2))
    values = gradient(tone, choose(rng, FILM)) + grain(rng, 15)
    return picture(values), Lettering(WHITE, 0.85, 0.045, "left", spaced=True)


SWISS: list[list[Colour]] = [
    [(243, 238, 226), (214, 40, 40), BLACK],
    [(240, 240, 236), (20, 72, 168), BLACK, (244, 196, 48)],
    [(246, 240, 220), (232, 86, 32), (24, 60, 92)],
    [(236, 232, 222), (0, 122, 94), BLACK, (232, 74, 58)],
]
DUSK: list[list[Colour]] = [
    [(72, 60, 112), (214, 118, 138), (252, 196, 148), (140, 92, 130), (34, 28, 58)],
    [(46, 84, 128), (150, 158, 190), (250, 208, 170), (104, 112, 146), (26, 34, 62)],
    [(110, 52, 96), (232, 114, 96), (254, 206, 130), (156, 78, 92), (48, 22, 46)],
    [(92, 112, 150), (206, 160, 178), (250, 226, 196), (132, 124, 156), (48, 46, 76)],
]
WOODCUT: list[list[Colour]] = [
    [(240, 230, 208), (196, 40, 32)],
    [(234, 228, 214), (206, 74, 30)],
    [(244, 236, 220), (160, 26, 40)],
]
NEON: list[list[Colour]] = [
    [(38, 12, 66), (0, 210, 255), (255, 60, 190)],
    [(14, 22, 70), (255, 50, 150), (90, 240, 255)],
    [(44, 8, 48), (160, 80, 255), (255, 210, 60)],
    [(6, 36, 52), (40, 255, 170), (255, 80, 130)],
]
COLLAGE: list[list[Colour]] = [
    [(226, 212, 184), (196, 146, 52), (46, 104, 106), (164, 68, 48), (140, 150, 116), (58, 56, 64)],
    [(214, 206, 190), (60, 96, 120), (208, 152, 80), (150, 62, 70), (118, 140, 128), (84, 62, 54)],
    [(232, 222, 202), (90, 118, 84), (216, 176, 86), (178, 92, 62), (70, 84, 104), (156, 120, 110)],
]
INK: list[list[Colour]] = [[(238, 230, 212)], [(232, 226, 214)], [(242, 236, 222)]]
OP: list[list[Colour]] = [
    [(238, 84, 30), (252, 190, 40), (200, 30, 98), (96, 26, 90)],
    [(230, 40, 70), (250, 150, 40), (252, 224, 130), (110, 120, 30)],
    [(214, 46, 140), (252, 120, 40), (250, 210, 60), (30, 130, 120)],
]
FILM: list[list[Colour]] = [
    [(14, 16, 22), (206, 204, 198)],
    [(16, 22, 34), (176, 200, 206)],
    [(26, 18, 14), (222, 198, 164)],
]

PAINTERS: Mapping[str, Callable[[np.random.Generator], tuple[Image.Image, Lettering]]] = {
    "swiss": swiss,
    "dusk": dusk,
    "woodcut": woodcut,
    "neon": neon,
    "collage": collage,
    "ink": ink,
    "op": op,
    "film": film,
}
