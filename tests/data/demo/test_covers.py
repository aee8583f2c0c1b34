import numpy as np
import pytest

from prismrec.data.demo.catalogue import BLOCK, LOOKS, Stream, catalogue, stream
from prismrec.data.demo.covers import ARTIST_SIZE, MARGIN, broken, draw, width
from prismrec.data.demo.looks import PAINTERS
from prismrec.data.demo.paint import SIZE
from prismrec.types import Floats


def cover(look: str, number: int, title: str = "Tide") -> Floats:
    image = draw(look, stream(1, Stream.COVER, number), title=title, artist="Ada Grau")
    assert (image.size, image.mode) == ((SIZE, SIZE), "RGB")
    return np.asarray(image, np.float32)


def histogram(pixels: Floats) -> Floats:
    """Joint histogram of colours, and how much neighbours differ: enough to tell looks apart."""
    cells = (pixels // 64).astype(int) @ [16, 4, 1]
    edges = np.abs(np.diff(pixels.mean(axis=2), axis=0)).mean() / 20
    counts = np.bincount(cells.ravel(), minlength=64) / cells.size
    return np.append(np.sqrt(counts), edges).astype(np.float32)


def test_looks_can_be_told_apart() -> None:
    looks = np.repeat(LOOKS, 4)
    seen = np.stack([histogram(cover(look, k)) for k, look in enumerate(looks)])
    distance = ((seen[:, None] - seen) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (looks[distance.argmin(axis=1)] == looks).mean() > 0.85


@pytest.mark.parametrize("look", LOOKS)
def test_a_cover_depends_on_its_stream_only(look: str) -> None:
    assert np.array_equal(cover(look, 1), cover(look, 1))
    assert not np.array_equal(cover(look, 1), cover(look, 2))


@pytest.mark.parametrize("look", LOOKS)
def test_the_title_is_drawn(look: str) -> None:
    assert not np.array_equal(cover(look, 1), cover(look, 1, "Comet"))


@pytest.mark.parametrize("look", LOOKS)
def test_every_title_and_artist_fits(look: str) -> None:
    _, how = PAINTERS[look](np.random.default_rng(0))
    for record in catalogue(20 * BLOCK, 7):
        title = record.title.latin.upper() if how.spaced else record.title.latin
        lines = [(line, how.size) for line in broken(title, how)]
        for line, size in [*lines, (record.artist.latin, ARTIST_SIZE)]:
            assert width(line, size, how) <= 1 - 2 * MARGIN
