"""Request: what is asked for, and which of its words name a colour or a kind of medium."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Request", "Said", "understand"]

# What names a colour or a tone of `ColourNames`; Chinese ones are long enough to mean nothing else.
COLOUR_WORDS = {
    "black and white": "black[ -]and[ -]white|monochrome|黑白|单色",
    "red": "red|crimson|scarlet|(?:大|鲜|深|浅|暗|酒|朱)?红色|大红|鲜红|朱红",
    "orange": "orange|橙色|橘色|橘红色?|橙红色?",
    "yellow": "yellow|(?:金|鹅|淡|明|深|浅)?黄色",
    "green": "green|(?:深|浅|墨|翠|草|嫩)?绿色|翠绿|墨绿",
    "blue": "blue|navy|azure|(?:深|浅|天|宝|湖|海军)?蓝色|天蓝|青色",
    "purple": "purple|violet|lilac|(?:深|浅|淡)?紫色",
    "pink": "pink|magenta|粉红色?|粉色|桃红色?",
    "brown": "brown|beige|(?:深|浅)?棕色|褐色|咖啡色|米色",
    "black": "black|(?:漆|深|纯)?黑色|漆黑",
    "grey": "gr[ea]y|(?:深|浅|银)?灰色",
    "white": "white|(?:雪|纯|乳)?白色|雪白|洁白",
    "colourful": "colou?rful|multicolou?red|彩色|五颜六色|五彩缤纷|多彩",
    "dark": "dark|gloomy|昏暗|阴暗|暗色|深色",
    "bright": "bright|明亮|亮色|浅色",
}
ONE_CHARACTER = {
    **{"红": "red", "橙": "orange", "黄": "yellow", "绿": "green", "蓝": "blue", "紫": "purple"},
    **{"粉": "pink", "棕": "brown", "黑": "black", "灰": "grey", "白": "white"},
}
MEDIUM_WORDS = {
    "image": "posters?|covers?|pictures?|images?|photo(?:graph)?s?|海报|封面|图片|照片|画面",
    "audio": "songs?|music|sounds?|tracks?|audio|tunes?|歌曲|歌|音乐|声音|乐曲|曲子|音频",
}
# Who asks for songs about winter wants them to be described so, not to sound like it.
ABOUT = "about|关于|讲述|描写|有关"
LIGHT = re.compile(
    r"\b(?:a|an|the|of|with|in|some|any|and|or|for|me|show|find|i|want|to|that|is|are)\b"
    "|[的之了和与或一张幅些个首有是找要我想]|一种"
)


@dataclass(frozen=True)
class Request:
    """What is searched for: words, a picture, a sound, or several of them together."""

    text: str = ""
    image: bytes | None = None
    audio: bytes | None = None


@dataclass(frozen=True)
class Said:
    """What the words of a request ask for."""

    words: str  # all but the names of media
    things: str  # and without colours: what a picture can show or a text be about
    colours: tuple[str, ...]  # labels of `ColourNames`
    media: tuple[str, ...]  # named, as by "poster" or 海报; none where the text says "about"


def understand(text: str) -> Said:
    """Take a request apart; a part that only has light words ("a", "的") is empty."""
    media, words = _taken(text, MEDIUM_WORDS)
    colours, things = _taken(words, COLOUR_WORDS)
    single = _single(things, before_medium=bool(media))
    for character in single:
        things = things.replace(character, " ", 1)
    found = [*colours, *(ONE_CHARACTER[character] for character in single)]
    if _taken(text, {"about": ABOUT})[0]:
        media = []
    return Said(_tidy(words), _tidy(things), tuple(dict.fromkeys(found)), tuple(media))


def _taken(text: str, names: dict[str, str]) -> tuple[list[str], str]:
    """The names that occur, and the text without them."""
    found = []
    for name, pattern in names.items():
        rest = re.sub(_whole_words(pattern), " ", text, flags=re.IGNORECASE)
        if rest != text:
            found.append(name)
        text = rest
    return found, text


def _whole_words(pattern: str) -> str:
    """Latin words with nothing joined to them; Chinese has no such borders."""
    return f"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])"


def _single(text: str, *, before_medium: bool) -> list[str]:
    """Colours written with one character: before 的, at the end before 海报, or all there is."""
    characters = "".join(ONE_CHARACTER)
    pattern = f"[{characters}](?=的)|^\\s*[{characters}]\\s*$"
    if before_medium:
        pattern += f"|(?<![\u4e00-\u9fff])[{characters}](?=\\s*$)"
    return [found.strip() for found in re.findall(pattern, text)]


def _tidy(text: str) -> str:
    text = " ".join(text.split()).strip(" ,.;:!?，。；：！？、的")
    return text if re.search(r"\w", LIGHT.sub(" ", text.casefold())) else ""
