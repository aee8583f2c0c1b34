"""The records of the demo shop: who made each, what it is called and what is hidden in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from prismrec.data.demo.themes import THEMES, phrases

__all__ = ["BLOCK", "COMMUNITIES", "GENRES", "LOOKS", "Record", "Stream", "catalogue", "stream"]

LOOKS = ("swiss", "dusk", "woodcut", "neon", "collage", "ink", "op", "film")
GENRES = ("ambient", "house", "jungle", "dub", "chip", "silk", "garage", "waltz")
COMMUNITIES = 16
BLOCK = 8  # so many records in a row hold each look, theme and genre once, and one new release

YEAR_DAYS = 365
LANGUAGES = ("en", "zh", "both")
LANGUAGE_SHARES = (0.55, 0.32, 0.13)


class Name(NamedTuple):
    """A title or an artist: as the catalogue prints it, and in Latin letters for the cover."""

    text: str
    latin: str


FIRST_NAMES = (
    *("Ada", "Bruno", "Celia", "Dario", "Edda", "Farid", "Greta", "Hugo", "Ines", "Jonas"),
    *("Kaja", "Lev", "Mina", "Noor", "Otis", "Petra", "Rosa", "Sami", "Tilda", "Yusuf"),
)
LAST_NAMES = (
    "Alder",
    "Brandt",
    "Castell",
    "Dunmore",
    "Ekholm",
    "Farrow",
    "Grau",
    "Hollis",
    "Ivers",
)
BANDS = ("Commons", "Understudies", "Weather Bureau", "Lanterns", "Paper Trio", "Second Cousins")
CHINESE_NAMES = tuple(
    Name(*pair)
    for pair in (
        *(("林小满", "Lin Xiaoman"), ("陈未央", "Chen Weiyang"), ("周望舒", "Zhou Wangshu")),
        *(("许南乔", "Xu Nanqiao"), ("沈一舟", "Shen Yizhou"), ("何知秋", "He Zhiqiu")),
        *(("苏木", "Su Mu"), ("顾长风", "Gu Changfeng"), ("叶听澜", "Ye Tinglan")),
        *(("白露乐队", "Bailu"), ("方圆", "Fang Yuan"), ("江上青", "Jiang Shangqing")),
        *(("程见山", "Cheng Jianshan"), ("二十四节", "Ershisi Jie"), ("陆离", "Lu Li")),
        *(("孟想", "Meng Xiang"), ("半截烟囱", "Banjie Yancong"), ("温故", "Wen Gu")),
    )
)


MODIFIERS = phrases("""
    The Last | 最后的 | Zuihou de
    The First | 最初的 | Zuichu de
    Unsent | 未寄出的 | Wei jichu de
    Another | 另一种 | Ling yi zhong
    Returning | 归来的 | Guilai de
    Borrowed | 借来的 | Jielai de
    Nobody's | 无人的 | Wuren de
    Our | 我们的 | Women de
    Distant | 远方的 | Yuanfang de
    Remembered | 记忆里的 | Jiyi li de
    Nameless | 无名的 | Wuming de
    Wandering | 流浪的 | Liulang de
    Patient | 耐心的 | Naixin de
    Found | 拾来的 | Shilai de
""")


class Stream(IntEnum):
    """What a stream of random numbers is for; each record has one of each of its own."""

    BLOCK = 0
    RECORD = 1
    BLURB = 2
    COVER = 3
    LOOP = 4
    TASTE = 5
    CHOICES = 6
    BIO = 7
    GAPS = 8


@dataclass(frozen=True)
class Record:
    """One record; look, theme, genre and community are drawn independently of each other."""

    number: int  # from 0, also the row in the catalogue
    look: str  # style of the cover, one of LOOKS
    theme: str  # what the blurb is about, one of THEMES
    genre: str  # how the loop sounds, one of GENRES
    community: int  # which part of the crowd takes to it; shows in no medium
    released: int  # day of the year, negative before it, YEAR_DAYS and more after it
    appeal: float  # how much more than others it is wanted, around 1
    language: str  # of title and blurb: "en", "zh" or "both"
    title: Name
    artist: Name

    @property
    def id(self) -> str:
        """Identifier in the catalogue and stem of the file names."""
        return f"r{self.number + 1:04d}"

    @property
    def new(self) -> bool:
        """Whether it came out after the log ends, so that nobody has used it yet."""
        return self.released >= YEAR_DAYS


def stream(seed: int, what: Stream, number: int = 0) -> np.random.Generator:
    """The random numbers of one purpose and one record, independent of all others."""
    return np.random.default_rng([seed, what, number])


def catalogue(items: int, seed: int) -> list[Record]:
    """The first `items` records of a seed; a longer catalogue begins with the shorter one."""
    records: list[Record] = []
    for block in range(-(-items // BLOCK)):
        rng = stream(seed, Stream.BLOCK, block)
        looks, themes, genres = (rng.permutation(names) for names in (LOOKS, tuple(THEMES), GENRES))
        fresh = int(rng.integers(BLOCK))
        for k, styles in enumerate(zip(looks, themes, genres, strict=True)):
            look, theme, genre = (str(style) for style in styles)
            records.append(_record(seed, block * BLOCK + k, (look, theme, genre), new=k == fresh))
    return records[:items]


def _record(seed: int, number: int, styles: tuple[str, str, str], *, new: bool) -> Record:
    rng = stream(seed, Stream.RECORD, number)
    language = str(rng.choice(LANGUAGES, p=LANGUAGE_SHARES))
    old = rng.random() < 0.35
    released = rng.integers(-240, 0) if old else rng.integers(0, YEAR_DAYS - 8)
    if new:
        released = rng.integers(YEAR_DAYS, YEAR_DAYS + 7)
    return Record(
        number,
        *styles,
        community=int(rng.integers(COMMUNITIES)),
        released=int(released),
        appeal=float(np.exp(rng.normal(0.0, 0.5))),
        language=language,
        title=_title(styles[1], language, rng),
        artist=_artist(language, rng),
    )


def _title(theme: str, language: str, rng: np.random.Generator) -> Name:
    modifier = MODIFIERS[rng.integers(len(MODIFIERS))]
    nouns = THEMES[theme].nouns
    noun = nouns[rng.integers(len(nouns))]
    english = f"{modifier.english} {noun.english}"
    chinese = modifier.chinese + noun.chinese
    if language == "zh":
        return Name(chinese, f"{modifier.latin} {noun.latin}")
    return Name(f"{english} / {chinese}" if language == "both" else english, english)


def _artist(language: str, rng: np.random.Generator) -> Name:
    if language == "zh":
        return CHINESE_NAMES[int(rng.integers(len(CHINESE_NAMES)))]
    first = FIRST_NAMES[rng.integers(len(FIRST_NAMES))]
    last = LAST_NAMES[rng.integers(len(LAST_NAMES))]
    band = BANDS[rng.integers(len(BANDS))]
    name = f"{first} {last}" if rng.random() < 0.7 else f"{first} & the {band}"
    return Name(name, name)
