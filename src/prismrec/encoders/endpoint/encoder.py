"""Texts to vectors by an endpoint."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prismrec.cache import cache_folder
from prismrec.encoders.endpoint import Endpoint
from prismrec.encoders.endpoint.client import Client, Refused
from prismrec.encoders.weights import fingerprint_of
from prismrec.errors import BadMedia, BadModel
from prismrec.media import decode_each
from prismrec.media.text import decode_text
from prismrec.types import Floats

__all__ = ["EndpointEncoder"]

VERSION = 1  # of what is sent for a text
NOTHING = " "  # sent for an empty text, which endpoints refuse
HARMLESS = "a lamp"  # what no endpoint can have anything against


@dataclass(frozen=True)
class EndpointEncoder:
    """Texts to what an endpoint answers, as it is.

    A text that the endpoint refuses while it takes others is a broken medium.
    """

    client: Client

    modality = "text"

    @property
    def options(self) -> Endpoint:
        """The fields of the spec."""
        return self.client.options

    @property
    def batch_size(self) -> int:
        """One request for each batch, so that each that succeeded is kept."""
        return self.options.batch

    @property
    def fingerprint(self) -> str:
        """Stands for model, URL, dimensions and what is sent; never for the key."""
        options = self.options
        sent = (options.dimensions, options.instruction, options.length)
        name, url = self.client.address.name, self.client.address.url
        slug = "openai-" + re.sub(r"[^\w.-]+", "-", name)
        return fingerprint_of(slug, name, url, *sent, VERSION)

    @cached_property
    def dim(self) -> int:
        """As asked for, or as the endpoint answered when it was first asked."""
        if self.options.dimensions is not None:
            return self.options.dimensions
        note = cache_folder() / "endpoints" / f"{self.fingerprint}.txt"
        with contextlib.suppress(OSError, ValueError):
            return int(note.read_text("ascii"))
        dim = self._probe()
        with contextlib.suppress(OSError):  # asking again costs one request
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(str(dim), "ascii")
        return dim

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim)."""
        cut = self.options.length
        texts = decode_each(media, lambda data: decode_text(data, limit=cut))
        texts = [self.options.instruction + text or NOTHING for text in texts]
        out = np.empty((len(texts), self.dim), np.float32)
        self.client.pace.spend(sum(map(len, texts)))
        for start in range(0, len(texts), self.options.batch):
            part = texts[start : start + self.options.batch]
            out[start : start + len(part)] = self._vectors(part, start)
        return out

    def _vectors(self, texts: list[str], first: int) -> Floats:
        """Half by half where a request is refused: it may be too large, or one text be wrong."""
        try:
            return self.client.embed(texts, dim=self.dim)
        except Refused as refused:
            if len(texts) == 1:
                self._probe()  # complains where everything is refused
                raise BadMedia(first, f"the endpoint refuses the text ({refused})") from refused
        middle = len(texts) // 2
        before = self._vectors(texts[:middle], first)
        return np.concatenate([before, self._vectors(texts[middle:], first + middle)])

    def _probe(self) -> int:
        try:
            return int(self.client.embed([HARMLESS], dim=self.options.dimensions).shape[1])
        except Refused as refused:
            url = self.client.address.url
            raise BadModel(f"{url}: {refused}; check name and fields") from refused
