"""ConSE: the weighted mean of names; needs the packages with the weights."""

from __future__ import annotations

import numpy as np
import pytest

from prismrec.encoders.conse import ConseAudio, ConseImage, weights_of
from prismrec.encoders.use import UseMultilingual
from prismrec.errors import BadData

SEEN, HEARD, READ = ConseImage(), ConseAudio(), UseMultilingual()


def test_weights_keep_the_largest_and_sum_to_one() -> None:
    evidence = np.array([[0.1, 0.4, 0.4, 0.1], [0.0, 0.0, 0.0, 0.0]], np.float32)
    weights = weights_of(evidence, most=3, sharpness=0.5)
    assert weights[0] == pytest.approx([0.2, 0.4, 0.4, 0.0])
    assert not weights[1].any()


def test_fields_are_checked_and_part_of_the_fingerprint() -> None:
    with pytest.raises(BadData, match="classes"):
        ConseImage(classes=0)
    assert ConseImage(classes=10).fingerprint != SEEN.fingerprint
    assert ConseImage(threads=2).fingerprint == SEEN.fingerprint
    assert SEEN.space == HEARD.space == READ.space


@pytest.mark.parametrize(
    ("encoder", "label", "near", "far"),
    [
        (SEEN, "sports car", ("a fast car", "一辆跑车"), ("a bowl of soup", "一碗汤")),
        (SEEN, "golden retriever", ("a friendly dog", "一只狗"), ("a bridge", "一座桥")),
        (HEARD, "heavy metal", ("loud hard rock", "重金属摇滚乐"), ("quiet piano", "安静的民谣")),
    ],
)
def test_a_sure_class_lies_near_what_it_means_in_both_languages(
    encoder: ConseImage | ConseAudio, label: str, near: tuple[str, str], far: tuple[str, str]
) -> None:
    evidence = np.full((1, len(encoder.labels)), 1e-4, np.float32)
    evidence[0, encoder.labels.index(label)] = 0.9
    vector = (encoder.weights(evidence) @ encoder.label_vectors)[0]
    for close, away in zip(near, far, strict=True):
        close_by, far_off = READ([close.encode(), away.encode()]) @ vector
        assert close_by > far_off + 0.05 * np.linalg.norm(vector)
