"""Near duplicates: what was saved again is found, what is different is not, and no pair is lost."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from faults.pictures import saved, scene
from faults.sounds import tune
from prismrec.media.quality.pictures import judged
from prismrec.media.quality.sounds import fingerprint
from prismrec.media.quality.twins import BITS, alike_pictures, alike_sounds, alike_texts


def rows(groups: list[np.ndarray]) -> list[list[int]]:
    return [group.tolist() for group in groups]


def sketch(picture: Image.Image, kind: str = "PNG", **options: object) -> np.ndarray:
    return judged(saved(picture, kind, **options))[1]


def test_a_picture_saved_again_or_resized_is_alike_and_others_are_not() -> None:
    original = scene(1, 400, 300)
    again = [
        sketch(original),
        sketch(original, "JPEG", quality=40),
        sketch(original.resize((150, 112))),
        sketch(original.resize((800, 600)), "WEBP", quality=50),
    ]
    others = [sketch(scene(seed, 400, 300)) for seed in range(2, 40)]
    assert rows(alike_pictures(np.array(again + others))) == [[0, 1, 2, 3]]


def test_shapes_in_other_colours_are_other_pictures() -> None:
    original = scene(1)
    red, green, blue = original.split()
    assert not alike_pictures(
        np.array([sketch(original), sketch(Image.merge("RGB", (blue, red, green)))])
    )


def test_no_pair_of_hashes_is_lost() -> None:
    rng = np.random.default_rng(0)
    sketches = np.zeros((300, 200), np.uint8)
    sketches[:, :8] = rng.integers(0, 256, (300, 8))
    for row in range(100):  # copies with as many bits changed as may be, and one more
        bits = np.unpackbits(sketches[row, :8])
        bits[rng.choice(64, BITS + (row % 2), replace=False)] ^= 1
        sketches[200 + row, :8] = np.packbits(bits)
    groups = rows(alike_pictures(sketches))
    assert groups == [[row, 200 + row] for row in range(0, 100, 2)]


def test_a_sound_saved_again_louder_or_later_is_alike_and_others_are_not() -> None:
    original = tune(1, 8.0)
    out = io.BytesIO()
    soundfile.write(out, original, 22_050, format="MP3")
    out.seek(0)
    lossy, rate = soundfile.read(out, dtype="float32")
    late = np.concatenate([np.zeros(7000), original])
    variants = [(original, 22_050), (lossy, rate), (original * 0.3, 22_050), (late, 22_050)]
    others = [(tune(seed, 8.0), 22_050) for seed in range(2, 20)]
    prints = [fingerprint(s.astype(np.float32), r) for s, r in variants + others]
    assert rows(alike_sounds(prints)) == [[0, 1, 2, 3]]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_nothing_to_compare(n: int) -> None:
    assert not alike_sounds([np.empty(0, np.uint32)] * n)
    assert not alike_texts([""] * n)
    assert not alike_pictures(np.zeros((min(n, 1), 200), np.uint8))


def test_texts_alike_in_english_and_chinese() -> None:
    english = (
        "A quiet lamp of paper and oak that fills a small room with warm light, made by hand in "
        "a workshop by the sea and sent in a box that can be used again"
    )
    chinese = (
        "这盏纸灯用橡木做成，光线温暖柔和，适合放在小房间里安静地看书，也可以当作礼物送给朋友。"
    )
    texts = [
        english,
        english.upper() + "!",
        chinese,
        chinese.replace("。", "！"),
        "Something else entirely: a chair with four legs and a back",
        "一把有四条腿和靠背的椅子，坐上去很舒服",
        english[: len(english) // 2],
    ]
    assert rows(alike_texts(texts)) == [[0, 1], [2, 3]]


def test_many_texts_of_one_form_are_found_in_one_group() -> None:
    same = [" ".join(f"word{k}" for k in range(40)) + f" {n}" for n in range(500)]
    assert rows(alike_texts([*same, "but not here, where there are others"])) == [list(range(500))]
