"""Languages: which ones a catalogue is written in, and the texts that are in none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from prismrec.errors import MissingPackage
from prismrec.media.quality.finding import Case, Finding, finding, kind
from prismrec.media.quality.texts import letters, quoted
from prismrec.media.text.language import UNKNOWN, Language, language_of

__all__ = ["foreign", "languages_of", "shares_of"]

OWN = 0.1  # share of the texts above which a language is one of the catalogue's
ENOUGH = 24  # letters, below which a guess among languages of one script is too bold
SURE = 0.9
LOOKED_AT = 500  # characters

FOREIGN = kind(
    "text.other-language",
    "info",
    "texts in a language that is rare here",
    will="used; a multilingual encoder understands them, counts of words match nothing",
    can="translate them, or use a multilingual encoder",
)


def languages_of(texts: Sequence[str]) -> list[Language]:
    """One for each text; unknown where a classifier is needed that is not installed."""
    found = []
    for text in texts:
        try:
            found.append(language_of(text[:LOOKED_AT]))
        except MissingPackage:
            found.append(UNKNOWN)
    return found


def shares_of(
    owners: Mapping[str, Sequence[str]], languages: Sequence[Language]
) -> dict[str, float]:
    """Language -> share of the rows that have a text, largest first."""
    rows: Counter[str] = Counter()
    for names, language in zip(owners.values(), languages, strict=True):
        rows[language.code] += len(names)
    return {code: n / rows.total() for code, n in rows.most_common()}


def foreign(
    owners: Mapping[str, Sequence[str]], languages: Sequence[Language]
) -> Iterator[Finding]:
    """Texts in a language of less than a tenth of all texts, where that is certain."""
    sure = Counter(language.code for language in languages if language != UNKNOWN)
    own = [code for code, n in sure.items() if n >= OWN * sure.total()]
    cases = [
        Case(tuple(names), detail=f"{language.code}, not {' or '.join(own)}: {quoted(text)}")
        for (text, names), language in zip(owners.items(), languages, strict=True)
        if language.code not in (*own, UNKNOWN.code)
        and language.confidence >= SURE
        and letters(text[:LOOKED_AT]) >= ENOUGH
    ]
    if cases and own:
        yield finding(FOREIGN, cases, modality="text")
