import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from scipy import sparse

from prismrec import saving
from prismrec.data.jagged import Jagged
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadModel
from prismrec.rankers import ItemWeights, Part, Query, Towers
from prismrec.saving import Names, load, load_names, read_manifest, save

NAMES = Names(Vocabulary(("ann", "李")), Vocabulary(("a", "b", "c")), ("Lamp", "灯", "Shade"))


def item_weights(seed: int = 0) -> ItemWeights:
    rng = np.random.default_rng(seed)
    left, right = rng.random((2, 3, 2)).astype(np.float32)
    return ItemWeights(
        (
            Part("used together", "behaviour", sparse.csr_array(rng.random((3, 3)) > 0.5) * 1.0),
            Part("looks alike", "image", rng.random((3, 3)).astype(np.float32)),
            Part("reads alike", "text", left=left, right=right),
        ),
        bias=rng.random(3).astype(np.float32),
        has_opinion=np.array([True, True, False]),
        weighted=True,
        about={"model": "item-knn", "shrinkage": 20.0},
    )


def towers() -> Towers:
    rng = np.random.default_rng(0)
    return Towers(rng.random((2, 4)).astype(np.float32), rng.random((3, 4)).astype(np.float32))


QUERY = Query(np.array([0, -1]), Jagged.from_rows([[0, 2], [1]]), np.array([1, 2, 3], np.float32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(item_weights(), tmp_path / "model", names=NAMES)
    return tmp_path / "model"


def edit_manifest(folder: Path, *, seal: bool = True, **changes: object) -> None:
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text("utf-8")) | changes
    if seal:
        manifest.pop("sha256")
        manifest["sha256"] = saving._digest_of(manifest)
    file.write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize("make", [item_weights, towers])
def test_a_loaded_ranker_gives_equal_scores(make, tmp_path):
    make().save(tmp_path / "deep" / "model")
    loaded = load(tmp_path / "deep" / "model")
    assert np.array_equal(loaded.score(QUERY), make().score(QUERY), equal_nan=True)
    assert loaded.about == make().about


def test_names_are_kept_beside_the_ranker(folder, tmp_path):
    assert load_names(folder) == NAMES
    save(towers(), tmp_path / "other")
    assert load_names(tmp_path / "other") is None


def test_the_manifest_tells_what_lies_there(folder):
    manifest = read_manifest(folder)
    assert manifest["kind"] == "item-weights"
    assert manifest["meta"]["about"] == {"model": "item-knn", "shrinkage": 20.0}
    assert manifest["shapes"]["parts.1.weights"] == ["float32", 3, 3]
    assert {*manifest["files"]} == {"arrays.safetensors", "names.json"}


def test_a_second_save_replaces_the_model_and_leaves_nothing_else(folder):
    (folder / "README").write_text("mine")
    save(item_weights(seed=1), folder)
    assert np.array_equal(
        load(folder).score(QUERY), item_weights(seed=1).score(QUERY), equal_nan=True
    )
    entry = read_manifest(folder)["files"]["arrays.safetensors"]["name"]
    assert {f.name for f in folder.iterdir()} == {"README", "manifest.json", entry}


@pytest.mark.parametrize("step", ["_moved", "_digest_of", "_on_disk"])
def test_a_save_that_is_cut_short_leaves_the_model_that_was_there(folder, monkeypatch, step):
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(saving, step, cut)
        with pytest.raises(KeyboardInterrupt):
            save(item_weights(seed=1), folder)
    assert np.array_equal(load(folder).score(QUERY), item_weights().score(QUERY), equal_nan=True)
    assert not [f for f in folder.iterdir() if f.name.startswith(".")]


def test_a_changed_byte_is_noticed(folder):
    file = next(folder.glob("arrays-*"))
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    with pytest.raises(BadModel, match=f"{file.name}: damaged.*save the model again"):
        load(folder)


def test_a_missing_file_is_named(folder):
    next(folder.glob("names-*")).unlink()
    with pytest.raises(BadModel, match=r"names-\w+.json: missing"):
        load_names(folder)


def test_a_folder_without_a_manifest_is_no_model(tmp_path):
    with pytest.raises(BadModel, match=r"manifest.json: not found.*fit and save"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "x"}', "3"])
def test_a_manifest_that_is_none_is_refused(folder, text):
    (folder / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(BadModel, match="not a manifest"):
        load(folder)


def test_an_edited_manifest_is_noticed(folder):
    edit_manifest(folder, seal=False, version="9")
    with pytest.raises(BadModel, match="checksum"):
        load(folder)


def test_a_newer_format_asks_for_an_upgrade(folder):
    edit_manifest(folder, format=saving.FORMAT + 1, version="7.0")
    with pytest.raises(BadModel, match=r"prismrec 7.0.*upgrade prismrec"):
        load(folder)


def test_an_unknown_kind_names_itself(folder):
    edit_manifest(folder, kind="crystal-ball")
    with pytest.raises(BadModel, match=r"'crystal-ball'.*install"):
        load(folder)


def test_arrays_that_do_not_fit_the_kind_are_refused(folder):
    edit_manifest(folder, kind="towers")
    with pytest.raises(BadModel, match="while building towers"):
        load(folder)


def test_the_arrays_are_plain_safetensors(folder):
    arrays = load_file(next(folder.glob("arrays-*")))
    assert arrays["parts.0.weights.shape"].tolist() == [3, 3]
    assert arrays["bias"] == pytest.approx(item_weights().bias)
