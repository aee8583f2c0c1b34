"""The networks of raw media, and how rows go through them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prismrec.data.features import Feature
from prismrec.errors import BadData
from prismrec.media.image.augment import Flip, RandomResizedCrop
from prismrec.nn.audio_cnn import AudioCnn
from prismrec.nn.image_cnn import ImageCnn
from prismrec.nn.raw_media import READERS, RawMedia
from prismrec.nn.text_rnn import TextRnn
from prismrec.nn.text_transformer import TextTransformer

N, DIM = 6, 8
ABSENT = 4


@pytest.fixture(autouse=True)
def _same_draws():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def features() -> dict[str, Feature]:
    rng = np.random.default_rng(0)
    present = np.arange(N) != ABSENT
    values = {
        "pixels": rng.integers(0, 256, (N, 10 * 10 * 3)) / 255,
        "tokens": rng.integers(1, 20, (N, 5)),
        "log-mel": rng.random((N, 12 * 64)),
        "vector": rng.normal(size=(N, 3)),
    }
    return {
        name: Feature((v * present[:, None]).astype(np.float32), present, layout=name)
        for name, v in values.items()
    }


def readers() -> list[torch.nn.Module]:
    return [TextRnn(9, DIM), TextRnn(9, DIM, cell="gru"), TextTransformer(9, DIM, length=4)]


@pytest.mark.parametrize(
    ("network", "shape"),
    [(ImageCnn(DIM), (3, 20, 14)), (AudioCnn(DIM), (30, 64)), (AudioCnn(DIM), (1, 64))],
)
def test_a_medium_has_the_same_vector_alone_as_in_a_batch(network, shape) -> None:
    media = torch.randn(4, *shape)
    whole = network(media)
    assert whole.shape == (4, DIM)
    alone = torch.cat([network(media[k : k + 1]) for k in range(4)])
    assert torch.allclose(whole, alone, atol=1e-5)


def test_for_sounds_pitch_matters_and_for_pictures_place_hardly() -> None:
    low = torch.zeros(1, 32, 64)
    low[:, :, 8:12] = 1
    high = low.roll(32, dims=2)
    network = AudioCnn(DIM)
    assert not torch.allclose(network(low), network(high), atol=1e-3)
    dot = torch.zeros(1, 3, 96, 96)
    dot[:, :, 40:44, 40:44] = 1
    moved = dot.roll(16, dims=3)
    network = ImageCnn(DIM)
    assert torch.allclose(network(dot), network(moved), atol=1e-4)


@pytest.mark.parametrize("place", range(3))
def test_what_stands_after_the_last_word_does_not_matter(place) -> None:
    network = readers()[place]
    ids = torch.tensor([[3, 5, 0, 0]])
    before = network(ids)
    with torch.no_grad():
        network.words.weight[0] = 7.0
    assert torch.allclose(network(ids), before, atol=1e-6)


@pytest.mark.parametrize("place", range(3))
def test_the_order_of_words_matters(place) -> None:
    network = readers()[place]
    there, back = network(torch.tensor([[3, 5, 2, 0], [2, 5, 3, 0]]))
    assert not torch.allclose(there, back, atol=1e-4)


@pytest.mark.parametrize("place", range(3))
def test_a_text_without_words_is_zero_and_spoils_no_gradient(place) -> None:
    network = readers()[place]
    out = network(torch.tensor([[0, 0, 0, 0], [1, 2, 3, 4]]))
    assert (out[0] == 0).all()
    out.square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


@pytest.mark.parametrize("text", READERS)
def test_every_layout_ends_in_the_same_width(text) -> None:
    media = RawMedia(features(), N, DIM, text=text).eval()
    x, present = media(torch.tensor([5, ABSENT, 0]))
    assert x.shape == (3, 4, DIM)
    assert present.tolist() == [[True] * 4, [False] * 4, [True] * 4]
    assert (x[1] == 0).all()
    assert (x[[0, 2]].abs().sum(dim=2) > 0).all()
    assert torch.allclose(media(torch.tensor([0]))[0], x[2:], atol=1e-5)


def test_an_unknown_reader_is_refused() -> None:
    with pytest.raises(BadData, match="choose lstm, gru, transformer"):
        RawMedia(features(), N, DIM, text="bert")


def test_no_modality_is_no_modality() -> None:
    x, present = RawMedia({}, N, DIM)(torch.tensor([1, 2]))
    assert x.shape == (2, 0, DIM)
    assert present.shape == (2, 0)


def test_only_training_sees_changed_pictures() -> None:
    media = RawMedia({"image": features()["pixels"]}, N, DIM)
    rows = torch.arange(N)
    plain = media.eval()(rows)[0]
    assert torch.equal(media.train()(rows)[0], plain)
    media.augment([Flip(chance=1.0)], np.random.default_rng(0))
    flipped = media(rows)[0]
    assert not torch.allclose(flipped[0], plain[0], atol=1e-4)
    assert torch.equal(media.eval()(rows)[0], plain)
    media.augment([Flip(chance=0.0)], np.random.default_rng(0))
    assert torch.equal(media.train()(rows)[0], plain)  # changes do not add up


def test_a_picture_of_another_size_is_brought_back() -> None:
    media = RawMedia({"image": features()["pixels"]}, N, DIM).train()
    media.augment([RandomResizedCrop(size=24)], np.random.default_rng(0))
    assert media(torch.arange(N))[0].shape == (N, 1, DIM)
