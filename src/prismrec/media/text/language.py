"""Language: which one a text is written in, and how sure that is."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from prismrec.media.text.scripts import HAN, HANGUL, KANA, SCRIPTS, UNSPACED
from prismrec.packages import require

__all__ = ["UNKNOWN", "Language", "language_of"]

SURE = 0.5  # less than an even chance is no answer
LOOKED_AT = 2_000  # characters; more change nothing
# How much likelier than the rest, before a text is seen: a title of one word fits any language.
PRIOR = {"en": 40, "de": 8, "fr": 8, "es": 8, "it": 8, "pt": 8, "ru": 24, "ar": 8, "hi": 8}
FEW = 3  # letters below which a spaced script says nothing
WORDS = 2  # letters of a Latin word for one Chinese character: how both are counted in one text
HAN_OF_JAPANESE = 10  # Japanese has a kana for fewer Han characters than this


class Language(NamedTuple):
    """A language and how sure it is."""

    code: str  # ISO 639-1; "und" where a text says too little
    confidence: float  # 0 to 1


UNKNOWN = Language("und", 0.0)


def language_of(text: str) -> Language:
    """The language that most of a text is written in.

    The script decides where it can (kana, Han, Hangul, Thai, Greek, ...); among the languages of
    one script a naive Bayes classifier over bytes does. Han without kana is Chinese.

    Source: Lui and Baldwin 2012, langid.py (ACL demo P12-3005), in the fork `py3langid`.

    Raises:
        MissingPackage: where a classifier is needed and py3langid is not installed.
    """
    text = text[:LOOKED_AT]
    counts = [(_count(letters, text), languages) for letters, languages in SCRIPTS]
    kana, han = counts[0][0], counts[1][0]
    if kana > 0 and han < HAN_OF_JAPANESE * kana:  # its Han characters are Japanese then
        counts[:2] = [(kana + han, ("ja",))]
    most, languages = max(counts, key=lambda pair: pair[0])
    if most == 0:
        return UNKNOWN
    share = most / sum(count for count, _ in counts)
    if len(languages) == 1:
        return Language(languages[0], share)
    return _classified(text, languages, share)


def _count(letters: str, text: str) -> float:
    dense = letters in (KANA, HAN, HANGUL)
    n = len(re.findall(f"[{letters}]", text))
    return n if dense or letters in UNSPACED else n / (2 * WORDS)


def _classified(text: str, languages: tuple[str, ...], share: float) -> Language:
    letters = next(letters for letters, spoken in SCRIPTS if spoken == languages)
    words = " ".join(re.findall(f"[{letters}'’]+", text))
    if len(words) < FEW:
        return UNKNOWN
    ranked = _classifier(languages).rank(words.lower() if words.isupper() else words)
    odds = {code: float(chance) * PRIOR.get(code, 1) for code, chance in ranked}
    code = max(odds, key=lambda each: odds[each])
    confidence = share * odds[code] / sum(odds.values())
    return Language(code, confidence) if confidence >= SURE else UNKNOWN


@functools.cache
def _classifier(languages: tuple[str, ...]) -> Any:
    module = require("py3langid.langid", "media")
    identifier = module.LanguageIdentifier.from_model_file(module.MODEL_FILE, norm_probs=True)
    identifier.set_languages([*languages])
    return identifier
