"""Encoding one item: its media to vectors like those that a model was fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prismrec.encode import DEFAULTS
from prismrec.encoders import Encoder
from prismrec.encoders.choice import encoder_of
from prismrec.encoders.joined import join, parts_of
from prismrec.encoders.pairs import pack
from prismrec.errors import BadMedia, BadModel, PrismrecError
from prismrec.fitted import Fitted
from prismrec.media.load import Load
from prismrec.media.text import is_blank
from prismrec.reduction import Projection
from prismrec.store import Store, vector_key
from prismrec.types import Floats

__all__ = ["Readers", "vector_of"]

REMOTE = "openai:"  # in specs of encoders that are asked for nothing but real media


@dataclass(frozen=True)
class Readers:
    """The encoders that make vectors like those that a model was fitted on."""

    encoders: Mapping[str, Encoder] = field(default_factory=dict)  # by modality
    projections: Mapping[str, Projection] = field(default_factory=dict)  # what shortens vectors
    problems: Mapping[str, str] = field(default_factory=dict)  # why a modality has no encoder
    remote: frozenset[str] = frozenset()  # modalities whose encoder is far away, or paid for

    @classmethod
    def of(cls, fitted: Fitted, modalities: Sequence[str] = ()) -> Readers:
        """Open the encoders that a model's record names.

        An encoder that cannot be opened, or is no longer the one that was used, is left out with
        a problem: its vectors would not compare. A model without a record of encoders is taken to
        be fitted with the default ones. `modalities` are those that the ranker knows; of one that
        no encoder made it is told that it takes ready vectors only.
        """
        made: Mapping[str, Mapping[str, str]] = fitted.made.get("encoders", _DEFAULT)
        encoders: dict[str, Encoder] = {}
        problems = {name: READY.format(name) for name in modalities if name not in made}
        for modality, used in made.items():
            try:
                encoders[modality] = _opened(modality, used)
            except PrismrecError as error:
                problems[modality] = str(error)
        remote = frozenset(name for name, used in made.items() if REMOTE in used["spec"])
        return cls(encoders, fitted.projections, problems, remote)

    def shortened(self, modality: str, vector: Floats) -> Floats:
        """(d,) of an encoder to (d',) as the model was given it."""
        projection = self.projections.get(modality)
        return vector if projection is None else projection(vector[None])[0]


READY = (
    "the model was fitted on ready vectors of {0}, which cannot be made of media; "
    "fit it again with an encoder for {0}"
)
_DEFAULT = {modality: {"spec": spec, "fingerprint": ""} for modality, spec in DEFAULTS.items()}


def vector_of(
    encoder: Encoder, media: Mapping[str, str], load: Mapping[str, Load], *, store: Store
) -> Floats | None:
    """(d,) of one item's medium, from the store where it is known, else encoded and kept there.

    Args:
        encoder: one of several parts is asked part by part, as `prismrec.encode` does.
        media: the item's values by modality.
        load: what gives their content, by modality.
        store: where vectors are kept.

    Returns:
        None where the item has no such medium.

    Raises:
        BadMedia: where the medium cannot be read; what else an encoder or a store raises passes.
    """
    value = media.get(encoder.modality)
    if value is None or is_blank(value):
        return None
    vectors = []
    for part in parts_of(encoder):
        content = load[part.modality](value)
        also: str | None = getattr(part, "also", None)
        if also is not None:
            other = media.get(also) or ""
            content = pack(content, load[also](other) if not is_blank(other) else b"")
        vectors.append(_kept(part, content, store))
    return vectors[0] if len(vectors) == 1 else join([vector[None] for vector in vectors])[0]


def _kept(encoder: Encoder, content: bytes, store: Store) -> Floats:
    key = vector_key(encoder.fingerprint, content)
    found = store.get_many([key]).get(key)
    if found is not None and found.shape == (encoder.dim,):
        return found
    vector = np.asarray(encoder([content])[0], np.float32)
    if not np.isfinite(vector).all():
        raise BadMedia(0, "its vector is not finite")
    store.put_many({key: vector})
    return vector


def _opened(modality: str, used: Mapping[str, Any]) -> Encoder:
    encoder = encoder_of(used["spec"], modality)
    if used["fingerprint"] not in ("", encoder.fingerprint):
        raise BadModel(
            f"{modality} of new items is left out: the model was fitted on vectors of "
            f"{used['fingerprint']}, and {used['spec']} is {encoder.fingerprint} here; install "
            "what it was fitted with, or fit it again"
        )
    return encoder
