"""Any embeddings endpoint that speaks OpenAI's protocol: `openai:NAME@URL?field=value`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prismrec.encoders import Encoder
from prismrec.errors import BadData

__all__ = ["Address", "Endpoint"]


@dataclass(frozen=True)
class Address:
    """Which model of which server."""

    name: str
    url: str  # up to, and without, /embeddings


@dataclass(frozen=True)
class Endpoint:
    """Texts through an embeddings endpoint that speaks the protocol of OpenAI.

    The address is the name of the model, `@` and the URL up to `/embeddings`, such as
    `text-embedding-3-small@https://api.openai.com/v1` or `bge-m3@http://localhost:8080/v1`. The
    texts of the catalogue are sent there. Each request that succeeded is kept, so that a run that
    was stopped by a budget, a quota or the network goes on where it was.
    """

    key: str | None = None  # name of the environment variable that holds the key
    dimensions: int | None = None  # what the endpoint is asked for, where it can shorten vectors
    encoding: str = "base64"  # of the vectors on their way: base64, or float where that is unknown
    batch: int = 64  # texts of one request
    rate: float = 0.0  # requests a minute; 0 is no limit
    budget: int | None = None  # characters sent in one run; the run stops where it is spent
    retries: int = 6  # further attempts where the endpoint is busy or silent
    timeout: float = 60.0  # seconds to wait for an answer
    instruction: str = ""  # what stands before every text
    length: int = 8_000  # characters of a text that are sent

    def open(self, address: str, modality: str) -> Encoder:
        """The encoder; nothing is sent yet.

        Raises:
            BadData: for an address that is none, or media that are not texts.
        """
        from prismrec.encoders.endpoint.client import Client
        from prismrec.encoders.endpoint.encoder import EndpointEncoder
        from prismrec.encoders.endpoint.pace import Pace

        found = re.fullmatch(r"(.+)@(https?://[^/\s]\S*)", address)
        if found is None:
            raise BadData(f"openai:{address} has no URL; write openai:NAME@https://HOST/v1")
        if modality != "text":
            raise BadData(f"an embeddings endpoint reads texts; choose another one for {modality}")
        name, url = found.groups()
        self._check()
        where = Address(name, url.rstrip("/").removesuffix("/embeddings"))
        return EndpointEncoder(Client(where, self, Pace(self.rate, self.budget)))

    def _check(self) -> None:
        if self.encoding not in ("base64", "float"):
            raise BadData(f"encoding {self.encoding!r} is neither base64 nor float")
        for name in ("batch", "timeout", "length"):
            if getattr(self, name) <= 0:
                raise BadData(f"{name} {getattr(self, name)} is not above 0")
