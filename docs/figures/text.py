"""Writes the tables of docs/preprocessing-text.md: every text step, before and after.

Tables rather than pictures, because fonts with Chinese characters are not everywhere.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from prismrec.media.text import Token
from prismrec.media.text.keywords import count_texts, keywords
from prismrec.media.text.language import language_of
from prismrec.media.text.segment import segment
from prismrec.media.text.tags import tagged
from prismrec.registry import build_steps

ENGLISH, CHINESE = "The lamps weren't made by hand; mice ran", "我们在海边的灯塔晾着渔网"
TEXTS = {
    "emoji": ("A record for the sea 🎵🌊", "写给大海的唱片🎵"),
    "emoji(how=drop)": ("A record for the sea 🎵🌊", "写给大海的唱片🎵"),
    "html": (
        "<p>Oak &amp; <b>brass</b></p><p>I <3 lamps</p>",
        "<li>灯塔<li>渔网<script>x()</script>",
    ),
    "invisible": ("la\u200bmp\u202e sh\xadop", "灯\u200b塔\ufeff"),
    "links": (
        "Read https://shop.example/item?id=7 or ask ann@shop.example",
        "详见 www.shop.example，谢谢",
    ),
    "lower": ("The LAST Lighthouse", "最后的LIGHTHOUSE"),
    "mojibake": ("CafÃ© del Mar, â€˜liveâ€™", "灯塔".encode().decode("latin-1")),
    "repeats": ("Soooooo good!!!!!!", "哈哈哈哈哈哈，好听！！！！！"),
    "simplified": ("Songs of the sea", "無名的遠方，頭髮與發展"),
    "unicode": ("ＬＥＤ ﬁlm №７", "ＬＥＤ檯燈，１２瓦"),
}
TOKENS = (
    *("stop-words", "part-of-speech", "keep-tags", "lemma", "stem", "min-length", "n-grams"),
    *("pairs", "pairs(words=false)", "stop-words,stem,pairs"),
)
SEGMENTED = (
    "Don't miss the hand-made T-shirt, 50% off at AT&T!",
    "C++ for the U.S.A.: 2.4GHz, 4,600ft",
    "北京大学生在图书馆看书，听卡拉OK。",
    "纯棉T恤男款 iPhone15手机壳",
    "海の少年と灯台",
    "소년과 바다",
    "L'amour d'une femme et la mer de la nuit",
)
SPOKEN = (
    *(
        "Songs for the rain",
        "海边的少年",
        "iPhone 手机壳",
        "海の少年",
        "소년과 바다",
        "Мальчик и море",
    ),
    *("Les enfants de la lune", "Der Junge und das Meer", "Heat", "12,50 €"),
)


def main(shop: Path, out: Path) -> None:
    """Write the tables into the page that lies beside the folder of pictures."""
    page = out.parent / "preprocessing-text.md"
    text = page.read_text("utf-8")
    tables = {
        "text-steps": text_steps(),
        "languages": languages(),
        "segments": segments(),
        "token-steps": token_steps(),
        "keywords": keyword_table(shop),
    }
    for name, rows in tables.items():
        block = f"<!-- {name}: written by make docs -->\n\n" + "\n".join(rows) + "\n\n<!-- end -->"
        found = rf"<!-- {name}: written by make docs -->.*?<!-- end -->"
        text = re.sub(found, lambda _, block=block: block, text, count=1, flags=re.DOTALL)
    page.write_text(text, "utf-8", newline="\n")


def code(text: str) -> str:
    """As it stands in a cell; what cannot be seen is written as its number."""
    unseen = "[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\ufeff]"
    shown = re.sub(unseen, lambda c: f"\\u{ord(c[0]):04x}", text.strip()).replace("|", "\\|")
    return f"`{' '.join(shown.split())}`" if shown else "(empty)"


def text_steps() -> list[str]:
    """Each cleaning step on two texts."""
    rows = ["| step | before | after |", "|---|---|---|"]
    for spec, texts in TEXTS.items():
        (step,) = build_steps("text-steps", spec)
        rows += [f"| `{spec}` | {code(text)} | {code(step(text))} |" for text in texts]
    return rows


def languages() -> list[str]:
    """What each short text is taken for."""
    rows = ["| text | language | confidence |", "|---|---|---|"]
    for text in SPOKEN:
        found = language_of(text)
        rows.append(f"| {text} | {found.code} | {found.confidence:.2f} |")
    return rows


def written(tokens: tuple[Token, ...], *, tags: bool = False) -> str:
    """Tokens with dots between them."""
    return " · ".join(t.text + (f"/{t.tag}" if tags and t.tag else "") for t in tokens)


def segments() -> list[str]:
    """Words as each script divides them."""
    rows = ["| text | words and parts of speech |", "|---|---|"]
    rows += [
        f"| {code(text)} | {code(written(tagged(segment(text)), tags=True))} |"
        for text in SEGMENTED
    ]
    return rows


def token_steps() -> list[str]:
    """Each token step on one sentence in each language."""
    rows = ["| steps | English | Chinese |", "|---|---|---|"]
    for spec in ("", *TOKENS):
        cells = []
        for text in (ENGLISH, CHINESE):
            tokens = segment(text)
            for step in build_steps("token-steps", spec):
                tokens = step(tokens)
            cells.append(code(written(tokens, tags=spec == "part-of-speech")))
        name = f"`{spec}`" if spec else "none"
        rows.append(f"| {name} | {cells[0]} | {cells[1]} |")
    return rows


def keyword_table(shop: Path) -> list[str]:
    """Blurbs of the demo shop and what they are about."""
    items = pl.read_csv(shop / "items.csv")
    rows = ["| text | keywords alone | keywords against the catalogue |", "|---|---|---|"]
    for column in ("blurb", "blurb_zh"):
        texts = items[column].drop_nulls().to_list()
        counts = count_texts(texts)
        for text in texts[:3]:
            alone, among = keywords(text), keywords(text, catalogue=counts)
            rows.append(f"| {text} | {weighted(alone)} | {weighted(among)} |")
    return rows


def weighted(found: list[tuple[str, float]]) -> str:
    """Keywords with their weights."""
    return ", ".join(f"{phrase} {weight:.2f}" for phrase, weight in found)
