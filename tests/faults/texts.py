"""Texts: every script and every fault that a text may have."""

from __future__ import annotations

from collections.abc import Callable

from faults.kind import Kind, bad, good

__all__ = ["TEXTS"]

ENGLISH = "A quiet lamp of paper and oak that fills a small room with warm light."
CHINESE = "这盏纸灯用橡木做成，光线温暖柔和，适合放在小房间里安静地看书。"
ARABIC = "مصباح ورقي هادئ يملأ الغرفة الصغيرة بضوء دافئ ويناسب القراءة في المساء"
LOST = "A quiet lamp of paper and \ufffd\ufffd that fills the evening with light."


def said(text: str) -> Callable[[], bytes]:
    """A text as UTF-8."""
    return lambda: text.encode("utf-8")


def text(name: str, words: str, *codes: str) -> Kind:
    """A text that is used."""
    return good(name, "text", said(words), *codes)


TEXTS: tuple[Kind, ...] = (
    text("english", ENGLISH),
    *(
        text(f"english-{n}", f"{ENGLISH[:40]} number {n} is of {what}.")
        for n, what in enumerate(
            ("linen and of steel", "cut glass", "red brass", "old tin", "raw wool", "new cork")
        )
    ),
    text("chinese", CHINESE),
    *(
        text(f"chinese-{n}", f"{what}做的台灯，放在{where}里很好看，也很实用。")
        for n, (what, where) in enumerate(
            (("竹子", "书房"), ("陶瓷", "卧室"), ("铜", "客厅"), ("玻璃", "厨房"))
        )
    ),
    text("mixed", "Paper lamp 纸灯, warm light 温暖的光, made of oak 橡木"),
    text("digits", "3 x 40 W, 220 V, 1200 lm"),
    text("lines", "Paper lamp\n\n\twarm light\r\nsmall rooms"),
    text("composed", "Cafe\u0301 creme brule\u0301e for two people"),
    text("wide", "Ｐａｐｅｒ　ｌａｍｐ"),
    text("one-word", "x" * 5000),
    text("ampersand", "Rhythm & blues, rock & roll: 3 < 4 and 5 > 4"),
    text("right-to-left", ARABIC, "text.other-language"),
    text("emoji", "🔥🔥🔥 👩‍🚀 🎵", "text.wordless"),
    text("letter", "x", "text.short"),
    text("tags", "<p>Paper lamp with <b>warm</b> light<br/></p>", "text.html"),
    text("entities", "Rhythm &amp; blues with a touch of soul", "text.html"),
    text("latin-mojibake", "A cafÃ© au lait with a crÃ¨me brÃ»lÃ©e", "text.mojibake"),
    text("chinese-mojibake", "木头和纸的灯".encode().decode("gb18030"), "text.mojibake"),
    text("lost", LOST, "text.mojibake"),
    text("zero-width", "Pap\u200ber la\u200bmp with warm light", "text.invisible"),
    text("mark", "\ufeffA paper lamp for small rooms", "text.invisible"),
    text("nul", "Paper\0 lamp with some warm light"),  # dropped and told on reading
    text("control", "Paper \x07lamp with \x1b[31mred\x1b[0m light", "text.invisible"),
    text("turned-round", "Paper lamp \u202egnp.exe", "text.invisible"),
    good("huge", "text", lambda: b"warm light of a paper lamp " * 2_000_000, "text.long"),
    bad("punctuation", "text", said("... --- !!!"), "text.empty"),
    bad("unseen", "text", said("\u200b\u200b\u200b"), "text.empty", "text.invisible"),
    bad("blank", "text", said(" \t\n ")),  # a blank cell: nobody has claimed that there is a text
)
