"""The result of `modalities` in sentences that the owner of a shop understands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from prismrec.evaluation.agreement import Pair
from prismrec.evaluation.complement import Explained, Worth
from prismrec.evaluation.modalities import BEHAVIOUR, Modalities

__all__ = ["in_words"]

LITTLE, MUCH = 0.15, 0.4  # overlap of nearest neighbours
PLURAL = {"image": "pictures", "text": "texts", "audio": "sounds"}


def in_words(found: Modalities) -> tuple[str, ...]:
    """A sentence or two for each question that the analysis answers, the most general first."""
    media = [pair for pair in found.items if BEHAVIOUR not in (pair.one, pair.other)]
    log = [pair for pair in found.items if BEHAVIOUR in (pair.one, pair.other)]
    out = [_agree(pair) for pair in media]
    if log:
        out.append(_with_behaviour(log))
    if found.explained:
        out.append(_foretold(found.explained))
    out += [_adds(name, each, found.metric) for name, each in found.worth.items() if each.adds]
    out += _voices(found)
    out += [_posted(pair) for pair in found.users if pair.one.split()[1] == pair.other.split()[1]]
    return tuple(out)


def _name(modality: str) -> str:
    return PLURAL.get(modality, modality)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _agree(pair: Pair) -> str:
    figures = f"(kNN overlap {pair.overlap.mean:.2f}, chance {pair.chance:.2f})"
    both = f"{_capital(_name(pair.one))} and {_name(pair.other)}"
    if pair.overlap.low <= pair.chance:
        return f"{both} agree no more than chance {figures}: neither stands in for the other."
    if pair.overlap.mean < LITTLE:
        return f"{both} agree little {figures}: each tells something the other does not."
    if pair.overlap.mean < MUCH:
        return f"{both} agree in part {figures}: one can help out where the other is missing."
    return f"{both} say much the same {figures}: one of them may do."


def _with_behaviour(pairs: Sequence[Pair]) -> str:
    ranked = sorted(pairs, key=lambda pair: -pair.overlap.mean)
    above = [pair for pair in ranked if pair.overlap.low > pair.chance]
    if not above:
        return "What people use together is not closer by any of the media than chance would have."
    parts = [f"{_name(pair.one)} {pair.overlap.mean:.2f}" for pair in above]
    rest = [_name(pair.one) for pair in ranked if pair not in above]
    silent = f"; {' and '.join(rest)}: no more than chance" if rest else ""
    return (
        f"Of the ten items nearest by who uses them, the media name this share: {', '.join(parts)} "
        f"(chance {above[0].chance:.2f}){silent}."
    )


def _foretold(found: Explained) -> str:
    if found.together.low <= 0:
        return "From the media of an item alone one cannot foretell who will use it."
    alone = ", ".join(f"{_name(m)} {max(v.mean, 0):.0%}" for m, v in found.alone.items())
    start = f"Of who will use an item, {alone} can be foretold from it alone"
    if len(found.alone) == 1:
        return f"{start}."
    own = [f"{_name(m)} {v.mean:.0%}" for m, v in found.unique.items() if v.low > 0]
    only = f"from no other source: {', '.join(own)}" if own else "no medium has a part of its own"
    return f"{start}, by all together {found.together.mean:.0%}; {only}."


def _adds(name: str, worth: Worth, metric: str) -> str:
    adds = worth.adds
    if adds is None:
        return ""
    what = f"{adds.mean:+.3f} in {metric}, {adds.low:+.3f} to {adds.high:+.3f}"
    if adds.low > 0:
        return f"Recommendations by likeness get better with {_name(name)} ({what})."
    if adds.high < 0:
        return (
            f"Recommendations by likeness get worse where {_name(name)} count as much as the rest "
            f"({what}): use a model that weighs the media, such as prism."
        )
    return f"Whether {_name(name)} make recommendations by likeness better is open ({what})."


def _voices(found: Modalities) -> Iterator[str]:
    clear = [voice for voice in found.voices if voice.clear]
    if len(found.coverage) < 2 or not found.voices:
        return
    if not clear:
        yield "In no group of users or items does one medium clearly lead."
        return
    leads = Counter(voice.best for voice in clear)
    (first, n), *others = leads.most_common()
    own = ", ".join(f"{v.by} {v.name}" for v in clear if v.best == first)
    text = f"{_capital(_name(first))} lead clearly in {n} of {len(found.voices)} groups ({own})"
    for other, _ in others:
        groups = [f"{v.by} {v.name}" for v in clear if v.best == other]
        text += f"; {_name(other)} for {', '.join(groups)}"
    yield text + "."


def _posted(pair: Pair) -> str:
    what = _name(pair.one.split()[1])
    figures = f"(kNN overlap {pair.overlap.mean:.2f}, chance {pair.chance:.2f})"
    if pair.overlap.low <= pair.chance:
        return f"The {what} that users post tell no more than chance of what they use {figures}."
    return f"The {what} that users post tell of the {what} of what they use {figures}."
