"""The encoders that a model's record names are opened, or it is said why not."""

from __future__ import annotations

from prismrec.data.shop import Shop
from prismrec.encoders.choice import encoder_of
from prismrec.fitted import Fitted
from prismrec.serve.intake import Readers


def fitted(made: dict[str, object], shop: Shop) -> Fitted:
    return Fitted(None, shop.dataset(), shop.titles, made, {})


def test_the_encoders_of_the_record_are_opened(shop: Shop) -> None:
    print_ = encoder_of("mfcc", "audio").fingerprint
    record = {
        "audio": {"spec": "mfcc", "fingerprint": print_},
        "image": {"spec": "pixels", "fingerprint": "pixels-of-another-version"},
        "text": {"spec": "no-such-encoder", "fingerprint": "x"},
    }
    readers = Readers.of(fitted({"encoders": record}, shop), ("audio", "image", "clip"))
    assert [*readers.encoders] == ["audio"]
    assert "fitted on vectors of pixels-of-another-version" in readers.problems["image"]
    assert "no encoder is called" in readers.problems["text"]
    assert "ready vectors of clip" in readers.problems["clip"]


def test_a_model_without_a_record_has_the_default_encoders(shop: Shop) -> None:
    readers = Readers.of(fitted({}, shop))
    assert sorted(readers.encoders) == ["audio", "image", "text"]
    assert not readers.problems
