"""ConSE: pictures and sounds to the space of texts, by the names of what is recognised in them.

No network that was trained on pictures and texts together is needed: a classifier says how
probable each class is, and a text encoder knows what the names of the classes mean.

Source: Norouzi and others, "Zero-shot learning by convex combination of semantic embeddings",
2013 (arXiv 1312.5650). Departures, measured in docs/search.md: a name is the mean of its English
and its Chinese; the mean of all names is subtracted, so that a medium of which nothing is known
lies nowhere instead of near everything; pictures use 100 classes with flattened probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prismrec.encoders.efficientnet import EfficientNetLite0
from prismrec.encoders.fields import changed_fields, check_positive
from prismrec.encoders.musicnn import MusiCnn
from prismrec.encoders.names import Name, read_names
from prismrec.encoders.use import UseMultilingual
from prismrec.encoders.weights import fingerprint_of
from prismrec.types import Floats

__all__ = ["ConseAudio", "ConseImage", "weights_of"]

VERSION = 1  # of everything below that shapes the vectors


@dataclass(frozen=True)
class ConseImage:
    """Pictures to the space of `use-multilingual`, by the ImageNet classes seen in them.

    Unit length. The classes are told apart by `efficientnet-lite0`.
    """

    classes: int = 100  # so many of the most probable classes count
    sharpness: float = 0.7  # exponent of their probabilities: 1 leaves them, near 0 levels them
    threads: int = 1  # threads of one call; the vectors do not depend on it

    modality = "image"
    dim = UseMultilingual.dim
    space = UseMultilingual.space

    def __post_init__(self) -> None:
        check_positive(self, "classes")
        check_positive(self, "sharpness")

    @cached_property
    def fingerprint(self) -> str:
        """Changes with classifier, text encoder, names, and every field but `threads`."""
        made_of = (self._classifier.fingerprint, UseMultilingual().fingerprint)
        names = read_names("imagenet")
        return fingerprint_of("conse-image", VERSION, *made_of, names, *changed_fields(self))

    @property
    def labels(self) -> tuple[str, ...]:
        """The 1,000 classes of ImageNet."""
        return self._classifier.labels

    @cached_property
    def label_vectors(self) -> Floats:
        """(1000, 512): a vector is their weighted mean, scaled to unit length."""
        return _centred_names([*read_names("imagenet")], self.threads)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, 512)."""
        return self.embed_and_describe(media)[0]

    def describe(self, media: Sequence[bytes]) -> Floats:
        """(n, 1000) probabilities of the classes."""
        return self._classifier.describe(media)

    def embed_and_describe(self, media: Sequence[bytes]) -> tuple[Floats, Floats]:
        """Vectors and probabilities of one pass."""
        evidence = self.describe(media)
        return _unit(self.weights(evidence) @ self.label_vectors), evidence

    def weights(self, evidence: Floats) -> Floats:
        """(n, 1000) probabilities to the weights of the classes in the mean."""
        return weights_of(evidence, most=self.classes, sharpness=self.sharpness)

    @cached_property
    def _classifier(self) -> EfficientNetLite0:
        return EfficientNetLite0(self.threads)


@dataclass(frozen=True)
class ConseAudio:
    """Sounds to the space of `use-multilingual`, by the tags a music tagger gives them.

    Unit length. The tags are those of `musicnn`; each is read with the word "music" behind it.
    """

    classes: int = 10  # so many of the most probable tags count
    sharpness: float = 1.0  # exponent of their probabilities: 1 leaves them, near 0 levels them
    threads: int = 1  # threads of one call; the vectors do not depend on it

    modality = "audio"
    dim = UseMultilingual.dim
    space = UseMultilingual.space

    def __post_init__(self) -> None:
        check_positive(self, "classes")
        check_positive(self, "sharpness")

    @cached_property
    def fingerprint(self) -> str:
        """Changes with tagger, text encoder, names, and every field but `threads`."""
        made_of = (self._tagger.fingerprint, UseMultilingual().fingerprint)
        names = read_names("music_tags")
        return fingerprint_of("conse-audio", VERSION, *made_of, names, *changed_fields(self))

    @property
    def labels(self) -> tuple[str, ...]:
        """The 50 tags."""
        return self._tagger.labels

    @cached_property
    def label_vectors(self) -> Floats:
        """(50, 512): a vector is their weighted mean, scaled to unit length."""
        names = [
            Name(f"{name.english} music", f"{name.chinese.removesuffix('音乐')}音乐")
            for name in read_names("music_tags")
        ]
        return _centred_names(names, self.threads)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, 512)."""
        return self.embed_and_describe(media)[0]

    def describe(self, media: Sequence[bytes]) -> Floats:
        """(n, 50) probability of each tag by itself."""
        return self._tagger.describe(media)

    def embed_and_describe(self, media: Sequence[bytes]) -> tuple[Floats, Floats]:
        """Vectors and probabilities of one pass."""
        evidence = self.describe(media)
        return _unit(self.weights(evidence) @ self.label_vectors), evidence

    def weights(self, evidence: Floats) -> Floats:
        """(n, 50) probabilities to the weights of the tags in the mean."""
        return weights_of(evidence, most=self.classes, sharpness=self.sharpness)

    @cached_property
    def _tagger(self) -> MusiCnn:
        return MusiCnn(self.threads)


def weights_of(evidence: Floats, *, most: int, sharpness: float) -> Floats:
    """(n, c) probabilities to weights: all but the `most` largest become 0, a row sums to 1.

    Of two equal probabilities at the end, that of the earlier class is kept.
    """
    flat = np.asarray(evidence, np.float64) ** sharpness
    order = np.argsort(-flat, axis=1, kind="stable")[:, most:]
    np.put_along_axis(flat, order, 0, axis=1)
    return np.asarray(flat / flat.sum(axis=1, keepdims=True).clip(1e-12), np.float32)


def _centred_names(names: Sequence[Name], threads: int) -> Floats:
    encoder = UseMultilingual(threads)
    columns = [encoder([name.encode() for name in column]) for column in zip(*names, strict=True)]
    vectors = np.mean(columns, axis=0)
    return np.asarray(vectors - vectors.mean(axis=0), np.float32)


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / length.clip(1e-12), np.float32)
