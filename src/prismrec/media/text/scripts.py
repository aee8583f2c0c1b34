"""Scripts: which characters belong to which writing, and what follows from it."""

from __future__ import annotations

__all__ = ["HAN", "HANGUL", "KANA", "SCRIPTS", "UNSPACED"]

# Ranges for a character class of a regular expression.
HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f"
HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7af"
THAI, LAO, MYANMAR, KHMER = "\u0e01-\u0e5b", "\u0e81-\u0edf", "\u1000-\u109f", "\u1780-\u17f9"
UNSPACED = KANA + HANGUL + THAI + LAO + MYANMAR + KHMER  # no spaces at words, no dictionary here

LATIN = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "pl", "cs", "sk", "ro"),
    *("hu", "tr", "id", "vi", "ca", "hr", "et"),
)

# Writing -> languages that use it, the most likely first. One alone needs no closer look.
SCRIPTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (KANA, ("ja",)),
    (HAN, ("zh",)),
    (HANGUL, ("ko",)),
    (THAI, ("th",)),
    (LAO, ("lo",)),
    (MYANMAR, ("my",)),
    (KHMER, ("km",)),
    ("\u0370-\u03ff\u1f00-\u1fff", ("el",)),
    ("\u0590-\u05ff", ("he",)),
    ("\u0530-\u058f", ("hy",)),
    ("\u10a0-\u10ff", ("ka",)),
    ("\u0600-\u06ff\u0750-\u077f", ("ar", "fa", "ur")),
    ("\u0900-\u097f", ("hi", "mr", "ne")),
    ("\u0980-\u09ff", ("bn",)),
    ("\u0b80-\u0bff", ("ta",)),
    ("\u0400-\u052f", ("ru", "uk", "bg", "sr", "be", "kk")),
    (
        "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff",
        LATIN,
    ),
)
