"""representation-net: one space, any fusion, classes, missing modalities, saving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from prismrec import registry
from prismrec.align.representation import Labels, Representation
from prismrec.align.representation_net import RepresentationNet
from prismrec.data.features import Feature
from prismrec.errors import BadData, BadModel
from prismrec.evaluation.alignment import retrieval_ranks
from prismrec.train import Training


def catalogue(n: int = 200) -> tuple[dict[str, Feature], Labels]:
    """Pictures and texts are noisy views of the same five directions, whose signs are classes."""
    rng = np.random.default_rng(0)
    meaning = rng.normal(size=(n, 5))
    items = {}
    for name, d in (("image", 16), ("text", 12)):
        turn = stats.ortho_group(d, seed=1).rvs()[:5]
        values = meaning @ turn + 0.3 * rng.normal(size=(n, d)) + 1
        items[name] = Feature.of(values, rng.random(n) >= 0.1, name)
    return items, Labels(("a", "b", "c"), meaning[:, :3] > 0)


def late(items: dict[str, Feature], start: int = 140) -> tuple[dict[str, Feature], np.ndarray]:
    """What to learn from, and later rows that have everything."""
    n = len(items["text"])
    learn = {m: Feature.of(f.values, f.present & (np.arange(n) < start)) for m, f in items.items()}
    whole = np.logical_and.reduce([f.present for f in items.values()])
    return learn, np.flatnonzero(whole & (np.arange(n) >= start))


@pytest.fixture(scope="module")
def learnt() -> Representation:
    items, labels = catalogue()
    net = RepresentationNet(learning_rate=1e-2, batch_size=64)
    return net.fit(late(items)[0], Training(epochs=30), labels=labels)


def test_new_items_find_themselves_and_tell_their_classes(learnt: Representation) -> None:
    items, labels = catalogue()
    _, rows = late(items)
    new = {name: feature.take(rows) for name, feature in items.items()}
    placed = learnt.apart(new)
    ranks = retrieval_ranks(placed["image"].values, placed["text"].values)
    assert (ranks < 5).mean() > 0.6  # chance is .1
    for seen in (new, {"image": new["image"]}, {"text": new["text"]}):
        right = (learnt.classify(seen) > 0.5) == labels.values[rows]
        assert right.mean() > 0.75  # chance is .5


def test_an_item_without_media_has_no_vector(learnt: Representation) -> None:
    items, _ = catalogue()
    joint = learnt.encode(items)
    assert (joint.present == (items["image"].present | items["text"].present)).all()
    lengths = np.linalg.norm(joint.values, axis=1)
    np.testing.assert_allclose(lengths, joint.present.astype(float), atol=1e-5)
    alone = learnt.encode({"text": items["text"]})
    assert (alone.present == items["text"].present).all()


def test_one_by_one_is_all_at_once(learnt: Representation) -> None:
    items, _ = catalogue()
    together = learnt.encode(items).values[:4]
    for row in range(4):
        one = learnt.encode({m: f.take(np.array([row])) for m, f in items.items()})
        np.testing.assert_allclose(one.values[0], together[row], atol=1e-5)


@pytest.mark.parametrize("fusion", registry.names("fusions"))
def test_any_fusion_is_saved_and_read(fusion: str, tmp_path: Path) -> None:
    items, labels = catalogue(60)
    net = RepresentationNet(fusion=fusion, slowing=0.5)
    before = net.fit(items, Training(epochs=1), labels=labels)
    before.save(tmp_path / "net")
    after = Representation.load(tmp_path / "net")
    np.testing.assert_array_equal(after.encode(items).values, before.encode(items).values)
    np.testing.assert_array_equal(after.classify(items), before.classify(items))
    assert after.fingerprint == before.fingerprint
    assert after.classes == ("a", "b", "c")


def test_the_same_seed_gives_the_same_representation() -> None:
    items, _ = catalogue(120)
    one, same = (RepresentationNet(epochs=3).fit(items, Training(seed=4)) for _ in range(2))
    assert one.fingerprint == same.fingerprint
    assert one.classes == ()
    assert one.classify(items).shape == (120, 0)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    items, _ = catalogue(40)
    with pytest.raises(BadData, match="two modalities"):
        RepresentationNet().fit({"text": items["text"]})
    raw = Feature(items["image"].values, items["image"].present, layout="pixels")
    with pytest.raises(BadData, match="joint-net"):
        RepresentationNet().fit({**items, "image": raw})
    (tmp_path / "net").write_bytes(b"nothing")
    with pytest.raises(BadModel, match="no representation"):
        Representation.load(tmp_path / "net")
    learnt = RepresentationNet().fit(items, Training(epochs=0))
    with pytest.raises(BadData, match="image, text"):
        learnt.encode({"audio": items["text"]})


def test_labels_are_the_words_that_are_common_enough() -> None:
    labels = Labels.of_words(["b a", "a", None, "b c", ""], fewest=2)
    assert labels.names == ("a", "b")
    assert labels.values.tolist() == [[1, 1], [1, 0], [0, 0], [0, 1], [0, 0]]


@pytest.mark.data
def test_posters_find_their_texts_ten_times_better_than_chance(
    data_dir: Path, tmp_path: Path
) -> None:
    import polars as pl

    from prismrec.data.read import read
    from prismrec.encode import encode

    store = str(tmp_path / "vectors.sqlite")
    shop = data_dir / "movielens-posters"
    items = dict(encode(read(shop), text="minilm+use-multilingual", store=store).items)
    labels = Labels.of_words(pl.read_csv(shop / "items.csv")["genres"].to_list())
    whole = np.flatnonzero(items["image"].present)
    new = np.random.default_rng(0).permutation(len(whole))[: len(whole) // 5]
    kept = {}
    for name, feature in items.items():
        left = feature.present.copy()
        left[whole[new]] = False
        kept[name] = Feature.of(feature.values, left)
    learnt = RepresentationNet().fit(kept, labels=labels)
    placed = learnt.apart({name: feature.take(whole) for name, feature in items.items()})
    scores = placed["image"].values[new] @ placed["text"].values.T
    rank = (scores > scores[np.arange(len(new)), new][:, None]).sum(axis=1)
    assert (rank < 10).mean() > 10 * 10 / len(whole)
