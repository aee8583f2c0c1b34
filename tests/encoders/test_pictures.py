from __future__ import annotations

import io

import av
import numpy as np
import pytest

from prismrec.encoders.pictures import look
from prismrec.registry import build, build_steps


@pytest.fixture(scope="module")
def film() -> bytes:
    """A second of red, a second of blue."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(50):
            pixels = np.full((48, 64, 3), (200, 20, 20) if index < 25 else (20, 20, 200), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def test_a_film_is_looked_at_frame_by_frame(film: bytes) -> None:
    seen = [np.asarray(picture) for picture in look(film, (), short_side=256)]
    assert len(seen) == 8
    assert seen[0][24, 32].argmax() == 0
    assert seen[-1][24, 32].argmax() == 2


def test_every_frame_goes_through_the_steps(film: bytes) -> None:
    steps = build_steps("image-steps", "greyscale")
    assert all(np.ptp(np.asarray(p), axis=-1).max() == 0 for p in look(film, steps, short_side=256))


def test_the_vector_of_a_film_is_the_mean_over_its_frames(film: bytes) -> None:
    (vector,) = build("encoders", "colour-histogram")([film])
    assert np.isfinite(vector).all()
    assert np.count_nonzero(vector) >= 2  # red and blue
