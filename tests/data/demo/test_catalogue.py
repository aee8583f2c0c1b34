import itertools
import re

import numpy as np
import pytest

from prismrec.data.demo.blurbs import blurb
from prismrec.data.demo.catalogue import BLOCK, GENRES, LOOKS, Record, Stream, catalogue, stream
from prismrec.data.demo.genres import ARRANGEMENTS
from prismrec.data.demo.looks import PAINTERS
from prismrec.data.demo.themes import THEMES

HIDDEN = ("look", "theme", "genre", "community")


@pytest.mark.parametrize("seed", [0, 7, 11])
def test_what_is_hidden_is_independent(seed: int) -> None:
    records = catalogue(40 * BLOCK, seed)
    for one, two in itertools.combinations(HIDDEN, 2):
        a, b = (
            np.unique([str(getattr(record, name)) for record in records], return_inverse=True)[1]
            for name in (one, two)
        )
        table = np.zeros((a.max() + 1, b.max() + 1))
        np.add.at(table, (a, b), 1)
        expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
        chi_square = ((table - expected) ** 2 / expected).sum()
        freedom = a.max() * b.max()
        assert chi_square < freedom + 4 * np.sqrt(2 * freedom)


def test_each_block_holds_every_style_once_and_one_new_release() -> None:
    block = catalogue(3 * BLOCK, 5)[BLOCK : 2 * BLOCK]
    assert {record.look for record in block} == set(LOOKS)
    assert {record.theme for record in block} == set(THEMES)
    assert {record.genre for record in block} == set(GENRES)
    assert sum(record.new for record in block) == 1


def test_every_style_can_be_made() -> None:
    assert (tuple(PAINTERS), tuple(ARRANGEMENTS)) == (LOOKS, GENRES)


def test_a_longer_catalogue_begins_with_the_shorter_one() -> None:
    assert catalogue(50, 2)[:20] == catalogue(20, 2)
    assert catalogue(20, 2) != catalogue(20, 3)


def test_about_a_third_is_chinese_and_some_is_both() -> None:
    languages = [record.language for record in catalogue(40 * BLOCK, 7)]
    assert 0.25 < languages.count("zh") / len(languages) < 0.4
    assert 0.05 < languages.count("both") / len(languages) < 0.2


def test_covers_can_be_lettered_without_chinese_glyphs() -> None:
    for record in catalogue(40 * BLOCK, 7):
        assert (record.title.latin + record.artist.latin).isascii()


def told(record: Record) -> tuple[str, str]:
    return blurb(record, stream(7, Stream.BLURB, record.number))


def test_blurbs_speak_the_language_of_the_record() -> None:
    for record in catalogue(10 * BLOCK, 7):
        english, chinese = told(record)
        assert (bool(english), bool(chinese)) == {
            "en": (True, False),
            "zh": (False, True),
            "both": (True, True),
        }[record.language]
        assert english.isascii()


def test_hardly_any_blurb_comes_twice() -> None:
    records = catalogue(40 * BLOCK, 7)
    assert len({told(record) for record in records}) > 0.98 * len(records)


def test_blurbs_tell_nothing_of_cover_or_sound() -> None:
    sight = "red|blue|green|black|white|yellow|cover|picture|photo|painted|neon|colour"
    sound = "guitar|piano|drum|drums|bass|beat|tempo|dance|rock|jazz|ambient|waltz|synth"
    telling = re.compile(
        rf"\b({sight}|{sound})\b|[红蓝绿黑黄紫]色|封面|照片|吉他|钢琴|鼓|节拍|舞曲", re.I
    )
    for theme in THEMES.values():
        english = (*theme.scenes, *theme.details, *theme.feelings)
        chinese = (*theme.scenes_zh, *theme.details_zh, *theme.feelings_zh)
        assert [text for text in (*english, *chinese) if telling.search(text)] == []


def test_themes_are_equally_rich() -> None:
    shapes = {tuple(len(bank) for bank in theme[1:]) for theme in THEMES.values()}
    assert shapes == {(6, 8, 8, 6, 6, 3, 3)}
