"""Search: how well words find pictures, sounds and records, in both languages.

    python benchmarks/search.py SHOPS [part ...]

SHOPS is the folder of movielens-posters, pokemon-vgc and emotify; parts are those of `PARTS`.

Choices (ConSE's fields, penalty, strengths) were made on the half of the items that `halves` calls
valid; figures are of the other half. Intervals are the 2.5 and 97.5 percentiles of 2,000 resamples
of the queries.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

import prismrec as pr
from prismrec.search import Request, Searcher
from prismrec.search.evidence import Evidence

GENRES = {
    "Action": "动作片", "Adventure": "冒险片", "Animation": "动画片", "Children": "儿童片",
    "Comedy": "喜剧片", "Crime": "犯罪片", "Documentary": "纪录片", "Drama": "剧情片",
    "Fantasy": "奇幻片", "Horror": "恐怖片", "Musical": "歌舞片", "Mystery": "悬疑片",
    "Romance": "爱情片", "Thriller": "惊悚片", "War": "战争片", "Western": "西部片",
}  # fmt: skip
MUSIC = {"classical": "古典", "electronic": "电子", "pop": "流行", "rock": "摇滚"}
THEMES = {
    "sea": ("the sea", "大海"), "city": ("the city", "城市"), "stars": ("space and stars", "太空"),
    "garden": ("the garden", "花园"), "railway": ("trains and railways", "火车"),
    "childhood": ("childhood", "童年"), "kitchen": ("cooking", "厨房"), "snow": ("winter", "雪"),
}  # fmt: skip


def halves(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the valid and of the test half."""
    valid = np.random.default_rng(0).random(n) < 0.5
    return np.flatnonzero(valid), np.flatnonzero(~valid)


def interval(values: Sequence[float]) -> str:
    values = np.asarray(values, float)
    picks = np.random.default_rng(0).integers(len(values), size=(2000, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), [2.5, 97.5])
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def auc(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Probability that a wanted item is above another one."""
    ranks, n = rankdata(scores), int(wanted.sum())
    return float((ranks[wanted].sum() - n * (n + 1) / 2) / (n * (len(wanted) - n)))


def at_ten(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Share of wanted items among the first ten."""
    return float(wanted[np.argsort(-scores, kind="stable")[:10]].mean())


def adds(found: Sequence[Evidence], kinds: Sequence[str] = ()) -> np.ndarray | None:
    chosen = [each.adds for each in found if not kinds or each.kind in kinds]
    return np.sum(chosen, axis=0) if chosen else None


def column(shop: Path, name: str) -> list[str]:
    with (shop / "items.csv").open(encoding="utf-8") as file:
        return [row[name] for row in csv.DictReader(file)]


def by_label(
    searcher: Searcher,
    queries: Sequence[tuple[str, np.ndarray]],
    *,
    rows: np.ndarray,
    modalities: Sequence[str],
    kinds: Sequence[str] = (),
) -> tuple[list[float], list[float], list[float]]:
    """AUC, P@10 and the share of wanted items, of each query."""
    out: tuple[list[float], list[float], list[float]] = ([], [], [])
    for text, wanted in queries:
        scores = adds(searcher.evidence(Request(text), modalities), kinds)
        if scores is not None and wanted[rows].any():
            part = scores[rows], wanted[rows]
            for values, value in zip(out, (auc(*part), at_ten(*part), part[1].mean()), strict=True):
                values.append(float(value))
    return out


def print_labels(name: str, found: tuple[list[float], list[float], list[float]]) -> None:
    chance = f"{np.mean(found[2]):.3f}" if found[2] else ""
    print(f"{name:44} AUC {interval(found[0])}  P@10 {interval(found[1])} (chance {chance})")


def own_item(
    searcher: Searcher, texts: Sequence[str], rows: np.ndarray, modality: str, kinds: Sequence[str]
) -> str:
    """R@10 and mean rank (0 first, 1 last) of the item that a text belongs to."""
    ranks = []
    for row in rows:
        scores = adds(searcher.evidence(Request(texts[row]), (modality,)), kinds)
        if scores is None:
            return "nothing was learnt"
        ranks.append(len(rows) - rankdata(scores[rows])[np.flatnonzero(rows == row)[0]])
    hits = interval([rank < 10 for rank in ranks])
    mean = interval([rank / (len(rows) - 1) for rank in ranks])
    return f"R@10 {hits} (chance {10 / len(rows):.3f})  mean rank {mean} (chance .5)"


def movielens(shops: Path) -> None:
    path = shops / "movielens-posters"
    shop = pr.read(path)
    searcher = Searcher(shop)
    genres, overviews = column(path, "genres"), column(path, "overview")
    have = [i for i, v in enumerate(shop.item_media["image"].values) if v and overviews[i]]
    rows = np.intersect1d(halves(len(genres))[1], have)
    rows = rows[searcher.feature(searcher.encoders["image"][0]).present[rows]]
    labels = {g: np.array([g in text.split() for text in genres]) for g in GENRES}
    for language in ("en", "zh"):
        queries = [(g + " movie" if language == "en" else GENRES[g], labels[g]) for g in GENRES]
        for kinds in (("seen",), ("learnt",), ("seen", "learnt")):
            found = by_label(searcher, queries, rows=rows, modalities=("image",), kinds=kinds)
            print_labels(f"genre ({language}) -> poster, {'+'.join(kinds)}", found)
        found = by_label(searcher, queries, rows=rows, modalities=("text",))
        print_labels(f"genre ({language}) -> text", found)
        found = by_label(searcher, queries, rows=rows, modalities=())
        print_labels(f"genre ({language}) -> all", found)
    for kinds in (("seen",), ("learnt",), ("seen", "learnt")):
        some = rows[:300]
        print(f"overview -> poster, {'+'.join(kinds)}: "
              + own_item(searcher, overviews, some, "image", kinds))  # fmt: skip


def pokemon(shops: Path) -> None:
    path = shops / "pokemon-vgc"
    searcher, texts = Searcher(pr.read(path)), column(path, "text")
    rows = halves(len(texts))[1]
    for modality, own in (("image", "seen"), ("audio", "heard")):
        for kinds in ((own,), ("learnt",), (own, "learnt")):
            print(f"text -> {modality}, {'+'.join(kinds)}: "
                  + own_item(searcher, texts, rows, modality, kinds))  # fmt: skip


def emotify(shops: Path) -> None:
    path = shops / "emotify"
    searcher, genres = Searcher(pr.read(path)), np.array(column(path, "genre"))
    rows = np.arange(len(genres))
    for language in ("en", "zh"):
        queries = [
            (f"{g} music" if language == "en" else f"{MUSIC[g]}音乐", genres == g) for g in MUSIC
        ]
        found = by_label(searcher, queries, rows=rows, modalities=("audio",), kinds=("heard",))
        print_labels(f"genre ({language}) -> sound, heard", found)


def demo(_: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = pr.make_shop(Path(folder) / "demo")
        truth = json.loads((path / "truth.json").read_text("utf-8"))["records"]
        shop = pr.read(path)
        searcher = Searcher(shop)
        themes = np.array([truth[item]["theme"] for item in shop.item_ids])
        rows = np.arange(len(themes))
        for place, language in enumerate(("en", "zh")):
            queries = [(words[place], themes == theme) for theme, words in THEMES.items()]
            found = by_label(searcher, queries, rows=rows, modalities=())
            print_labels(f"theme ({language}) -> all", found)


def combined(found: Sequence[Evidence], how: str) -> np.ndarray:
    """Ways to put standard scores together; absent ones are NaN."""
    standard = np.array([each.standard for each in found])
    strength = np.array([each.strength for each in found])[:, None]
    weighted, there = np.nan_to_num(standard * strength), np.isfinite(standard)
    if how == "sum":
        return weighted.sum(axis=0)
    if how == "mean":
        return weighted.sum(axis=0) / (there * strength).sum(axis=0).clip(1e-9)
    if how == "Stouffer":
        return weighted.sum(axis=0) / np.sqrt((there * strength**2).sum(axis=0).clip(1e-9))
    if how == "ranks":
        ranks = np.array([rankdata(row, nan_policy="omit") for row in standard])
        share = (ranks - 0.5) / there.sum(axis=1, keepdims=True).clip(1)
        return np.nan_to_num((share - 0.5) * strength).sum(axis=0)
    if how == "odds":
        return np.nan_to_num(standard * strength - strength**2 / 2).sum(axis=0)
    return np.sum([each.adds for each in found], axis=0)


def missing(shops: Path) -> None:
    """Half of the texts are hidden: who comes first, and how often those without a text do."""
    path = shops / "movielens-posters"
    shop, genres = pr.read(path), column(path, "genres")
    hidden = np.random.default_rng(3).random(len(genres)) < 0.5
    media = shop.item_media["text"]
    values = tuple(None if hide else v for hide, v in zip(hidden, media.values, strict=True))
    part = pr.Shop(
        shop.path, shop.interactions, shop.user_ids, shop.item_ids,
        item_media={**shop.item_media, "text": type(media)("text", values)},
        titles=shop.item_ids.ids,
    )  # fmt: skip
    searcher = Searcher(part)
    _valid, test = halves(len(genres))
    for language in ("en", "zh"):
        for how in ("sum", "mean", "Stouffer", "ranks", "odds", "mixed odds"):
            figures = []
            for genre, chinese in GENRES.items():
                text = f"{genre} movie" if language == "en" else chinese
                scores = combined(searcher.evidence(Request(text)), how)[test]
                wanted = np.array([genre in g.split() for g in genres])[test]
                top = np.argsort(-scores, kind="stable")[:10]
                figures.append([auc(scores, wanted), wanted[top].mean(), hidden[test][top].mean()])
            found = [interval(values) for values in np.array(figures).T]
            print(f"{language} {how:10} AUC {found[0]}  P@10 {found[1]}  without text {found[2]}")


PARTS: dict[str, Callable[[Path], None]] = {
    "movielens": movielens,
    "pokemon": pokemon,
    "emotify": emotify,
    "demo": demo,
    "missing": missing,
}

if __name__ == "__main__":
    for part in sys.argv[2:] or PARTS:
        print(f"== {part}", flush=True)
        PARTS[part](Path(sys.argv[1]))
