"""Blurbs of records and lines that listeners write about themselves, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from prismrec.data.demo.catalogue import Record
from prismrec.data.demo.themes import THEMES

__all__ = ["bio", "blurb"]

LISTS = (
    (
        "In it: {0}, {1}, {2}.",
        "It opens with {0} and closes with {1}.",
        "Listen for {0}, and later for {1}.",
        "Between {0} and {1} lies the whole of it.",
        "First comes {0}, then {1}, and {2} is left to the end.",
        "One song is about {0}, another about {1}.",
    ),
    (
        "里面有{0}、{1}，还有{2}。",
        "从{0}唱起，唱到{1}为止。",
        "留意{0}，后面还有{1}。",
        "一首写{0}，一首写{1}。",
        "先是{0}，再是{1}，最后才轮到{2}。",
    ),
)
ASIDES = (
    (
        "Recorded in three evenings, and nothing was done twice.",
        "Comes with a folded sheet that has every line printed on it.",
        "The second pressing, made again because so many asked.",
        "Four friends made it, and it shows.",
        "Two years of work went into these forty minutes.",
        "Play it from beginning to end; the order matters.",
        "The artist's third album, and the most personal one.",
        "A small edition, numbered by hand.",
        "Listen once with someone, then once alone.",
        "Nothing here is in a hurry to explain itself.",
    ),
    (
        "三个晚上录完，没有一处重来。",
        "随片附一张折页，印着每一句词。",
        "因为问的人太多，这是第二次印制。",
        "四个朋友一起做的，听得出来。",
        "四十分钟，做了整整两年。",
        "请从头听到尾，顺序是想过的。",
        "第三张专辑，也是最贴近自己的一张。",
        "少量发行，手写编号。",
        "先和别人听一遍，再自己听一遍。",
        "它不急着向谁解释什么。",
    ),
)
LOOK_WORDS: Mapping[str, tuple[str, str]] = {
    "swiss": ("plain geometric shapes and lots of white paper", "简洁的几何图形和大片留白"),
    "dusk": ("soft evening skies over hazy hills", "黄昏的天空和朦胧的山影"),
    "woodcut": ("black and white woodcuts", "黑白木刻版画"),
    "neon": ("neon lines glowing in the dark", "黑暗中发光的霓虹线条"),
    "collage": ("torn paper collages", "撕纸拼贴"),
    "ink": ("ink wash paintings with a red seal", "盖着红印的水墨画"),
    "op": ("psychedelic bands of hot colour", "迷幻的彩色波纹"),
    "film": ("grainy old photographs", "颗粒粗糙的老照片"),
}
GENRE_WORDS: Mapping[str, tuple[str, str]] = {
    "ambient": ("quiet ambient pads without drums", "没有鼓点的安静氛围音乐"),
    "house": ("house with a steady four to the floor", "四四拍的浩室舞曲"),
    "jungle": ("fast jungle breaks and deep bass", "快速的丛林碎拍和低沉的贝斯"),
    "dub": ("slow dub with long echoes", "回声很长的慢速雷鬼"),
    "chip": ("chiptunes from old game consoles", "老游戏机的芯片音乐"),
    "silk": ("plucked zithers and lutes", "古筝和琵琶"),
    "garage": ("loud guitars in a garage", "车库里的响亮吉他"),
    "waltz": ("accordion waltzes in a minor key", "小调的手风琴圆舞曲"),
}
BIOS: Mapping[str, Sequence[tuple[str, str]]] = {
    "image": (
        ("I buy records for their covers and frame them: {}.", "我买唱片看封面，还裱起来：{}。"),
        ("The sleeve decides. Nothing beats {}.", "封面说了算，最喜欢{}。"),
        ("My walls are full of {}.", "我的墙上挂满了{}。"),
    ),
    "text": (
        ("I read the liner notes first. Give me stories about {}.", "我先读文案，爱看写{}的故事。"),
        ("Words matter most to me; I collect songs about {}.", "词最要紧，我收集写{}的歌。"),
        ("Anything about {} goes into my basket.", "凡是写{}的，我都买。"),
    ),
    "audio": (
        ("I listen with my eyes closed. Mostly {}.", "我闭着眼睛听，多半是{}。"),
        ("Only the sound counts: {}.", "只认声音：{}。"),
        ("My neighbours know all about {} by now.", "邻居们都听熟了我的{}。"),
    ),
    "behaviour": (
        ("My friends know best, I get what they get.", "朋友最懂，他们买什么我买什么。"),
        ("I look at what everyone else is playing.", "大家都在听什么，我就听什么。"),
        ("Our listening club votes and I follow.", "听歌会投票，我跟着买。"),
    ),
}
SMALL_TALK = (
    ("{} records at home.", "家里有{}张唱片。"),
    ("Record number {} came yesterday.", "昨天到了第{}张唱片。"),
    ("{} records and no room left.", "{}张唱片，没地方放了。"),
    ("I started with one record and have {} now.", "从一张开始，现在有{}张。"),
)


def blurb(record: Record, rng: np.random.Generator) -> tuple[str, str]:
    """What the shop says about a record, in English and in Chinese; one may be empty.

    Only the theme shows. A record that is described twice is not translated: each language has
    sentences of its own.
    """
    theme = THEMES[record.theme]
    ends, ends_zh = (*theme.feelings, *ASIDES[0]), (*theme.feelings_zh, *ASIDES[1])
    english = _told(theme.scenes, theme.details, LISTS[0], ends, rng)
    chinese = _told(theme.scenes_zh, theme.details_zh, LISTS[1], ends_zh, rng)
    return (
        " ".join(english) if record.language != "zh" else "",
        "".join(chinese) if record.language != "en" else "",
    )


def bio(driver: str, favourites: Sequence[str], rng: np.random.Generator) -> str:
    """A line by a listener who is driven by a modality and likes certain styles of it."""
    language = int(rng.random() < 0.35)  # 1 is Chinese
    words = (" and ", "，还有")[language].join(_named(style)[language] for style in favourites)
    line = BIOS[driver][int(rng.integers(3))][language].format(words)
    talk = SMALL_TALK[int(rng.integers(4))][language].format(int(rng.integers(20, 2000)))
    return line + ("" if language else " ") + talk


def _told(
    scenes: Sequence[str],
    details: Sequence[str],
    lists: Sequence[str],
    ends: Sequence[str],
    rng: np.random.Generator,
) -> list[str]:
    """Three sentences: a scene, a list of details, and a last word."""
    scene, form, end = (bank[int(rng.integers(len(bank)))] for bank in (scenes, lists, ends))
    return [scene, form.format(*rng.permutation(details)[:3]), end]


def _named(style: str) -> tuple[str, str]:
    """A look, theme or genre in the words of a listener, English and Chinese."""
    if style in THEMES:
        name = THEMES[style].name
        return name.english, name.chinese
    return LOOK_WORDS.get(style) or GENRE_WORDS.get(style) or ("", "")
