"""Finding and loading models: fingerprints, refusals, life without a network."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from encoders.hf.media import open_, picture
from prismrec.encoders.choice import encoder_of
from prismrec.errors import BadData, BadModel

Model = Callable[[str], Path]


def test_the_fingerprint_follows_the_files_not_the_place(model: Model, copied: Model) -> None:
    there, here = model("bert"), copied("bert")
    assert open_(here, "text").fingerprint == open_(there, "text").fingerprint
    config = json.loads((here / "config.json").read_text())
    (here / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 1e-6}))
    assert open_(here, "text").fingerprint != open_(there, "text").fingerprint


def test_every_field_that_is_taken_is_in_the_fingerprint(model: Model) -> None:
    plain = open_(model("bert"), "text").fingerprint
    changed = ["pooling=cls", "normalise=false", "dim=4", "length=9", "precision=bfloat16"]
    found = {open_(model("bert"), "text", fields).fingerprint for fields in changed}
    assert len({plain, *found}) == len(changed) + 1


def test_wrong_choices_say_what_is_right(model: Model, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"\(bert\) reads no pictures.* prepare texts"):
        open_(model("bert"), "image")
    with pytest.raises(BadData, match=r"seconds means nothing to the text side.*it takes dim,"):
        open_(model("bert"), "text", "seconds=3")
    with pytest.raises(BadData, match="pooling 'first' is none of cls, mean"):
        open_(model("bert"), "text", "pooling=first")([b"x"])
    with pytest.raises(BadData, match="precision 'int8' is none of auto"):
        open_(model("bert"), "text", "precision=int8")([b"x"])
    with pytest.raises(BadModel, match="is no folder, and no name of the hub"):
        open_(tmp_path / "absent", "text")


def test_weights_that_are_missing_are_never_made_up(copied: Model) -> None:
    from safetensors.torch import load_file, save_file

    folder = copied("bert")
    tensors = load_file(folder / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadModel, match=r"no weights for encoder\.layer\.1\.output\.dense\.weight"):
        open_(folder, "text")([b"x"])


def test_pickled_weights_and_foreign_code_are_refused(copied: Model) -> None:
    folder = copied("bert")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BadModel, match="no weights in safetensors files"):
        open_(folder, "text")([b"x"])
    config = json.loads((folder / "config.json").read_text())
    own = {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}}
    (folder / "config.json").write_text(json.dumps({**config, **own}))
    (folder / "own.py").write_text("raise SystemExit('it was run')")
    with pytest.raises(BadModel, match="needs code of its own, which is never run"):
        open_(folder, "text")


def test_a_damaged_folder_is_named(copied: Model) -> None:
    folder = copied("bert")
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(BadModel, match="bert has no"):
        open_(folder, "text")([b"x"])
    (folder / "config.json").write_text("{")
    with pytest.raises(BadModel, match="bert has no usable Config"):
        open_(folder, "text")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty download cache, and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def test_without_a_network_the_line_says_how_to_get_the_model(hub: Path) -> None:
    with pytest.raises(BadModel) as caught:
        encoder_of("hf:some/model@v2", "text")
    assert "\n" not in str(caught.value)
    assert "hf download some/model --local-dir FOLDER" in str(caught.value)
    assert "revision v2" in str(caught.value)


def test_what_was_downloaded_needs_no_network(hub: Path, model: Model) -> None:
    place = hub / "models--some--model"
    shutil.copytree(model("bert"), place / "snapshots" / "0a1b2c")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("0a1b2c")
    encoder: Any = encoder_of("hf:some/model", "text")
    assert encoder.opened.source.version == "0a1b2c"
    assert encoder.fingerprint.startswith("hf-some-model-")
    direct = open_(model("bert"), "text")([b"red lamp"])
    assert encoder([b"red lamp"]) == pytest.approx(direct, abs=1e-6)


def test_loading_says_nothing(copied: Model, capfd: pytest.CaptureFixture[str]) -> None:
    folder = copied("siglip")
    capfd.readouterr()
    open_(folder, "text")([b"red lamp"])
    open_(folder, "image")([picture(9, 9)])
    assert capfd.readouterr() == ("", "")


def test_options_are_plain_values(model: Model) -> None:
    encoder = open_(model("bert"), "text", "normalise=false&dim=8&pooling=cls")
    options = dataclasses.asdict(encoder.opened.options)
    assert (options["normalise"], options["dim"], options["pooling"]) == (False, 8, "cls")
