"""Requests to an endpoint: paced, repeated where that may help, with errors of one line."""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from prismrec.encoders.endpoint import Address, Endpoint, pace
from prismrec.encoders.endpoint.answer import complaint_of, vectors_of
from prismrec.errors import BadModel
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["Client", "Refused"]

BUSY = (408, 409, 425, 429)  # and all from 500: another attempt may help
CONTENT = (400, 413, 422)  # one of the texts, or their number, may be the reason
KEPT = "what was encoded is kept: run again to go on"
LONGEST_PAUSE = 600.0  # seconds; an endpoint that asks for more has no quota left for today


class Refused(Exception):
    """What was sent is refused as it is."""


@dataclass(frozen=True)
class Client:
    """Sends texts; may be called from several threads at once."""

    address: Address
    options: Endpoint
    pace: pace.Pace = field(compare=False, repr=False)

    def embed(self, texts: Sequence[str], *, dim: int | None) -> Floats:
        """(n, dim) of one request.

        Raises:
            Refused: where the texts are refused.
            BadModel: where the endpoint refuses everything, or does not answer after all attempts.
        """
        body: dict[str, Any] = {
            "model": self.address.name,
            "input": list(texts),
            "encoding_format": self.options.encoding,
        }
        if self.options.dimensions is not None:
            body["dimensions"] = self.options.dimensions
        return vectors_of(self._answer(body), len(texts), dim=dim)

    def _answer(self, body: dict[str, Any]) -> Any:
        trouble = ""
        for attempt in range(self.options.retries + 1):
            answer, trouble, asked = self._attempt(body)
            if not trouble:
                return answer
            if asked is not None and asked > LONGEST_PAUSE:
                trouble += f", and asks for {asked:.0f} seconds of patience"
                break
            if attempt < self.options.retries:
                pace.sleep(pace.wait_after(attempt, asked))
        raise BadModel(f"{self.address.url}: {trouble}; {KEPT}")

    def _attempt(self, body: dict[str, Any]) -> tuple[Any, str, float | None]:
        """The answer, or what is wrong and how many seconds the endpoint wants to be left alone."""
        httpx = require("httpx", "llm")
        self.pace.wait()
        try:
            response = self._http.post(f"{self.address.url}/embeddings", json=body)
        except httpx.TimeoutException:
            return None, f"no answer in {self.options.timeout:g} seconds", None
        except httpx.TransportError as error:
            return None, f"no connection ({type(error).__name__}: {error})", None
        if response.is_success:
            return _json(response)
        asked = pace.wait_asked_for(dict(response.headers))
        return None, self._judged(response.status_code, response.text), asked

    def _judged(self, status: int, text: str) -> str:
        """What is wrong where another attempt may help; else an exception."""
        complaint = f"HTTP {status}: {complaint_of(text)}"
        if status in CONTENT:
            raise Refused(complaint)
        if (status in BUSY and "insufficient_quota" not in text) or status >= 500:
            return complaint
        remedy = KEPT
        if status in (401, 403):
            remedy = f"its key is read from the environment variable {self.options.key}"
            if self.options.key is None:
                remedy = "name the environment variable that holds a key: ?key=VARIABLE"
        elif status in (404, 405, 301, 302, 307, 308):
            remedy = f"check the URL and that it serves a model called {self.address.name}"
        raise BadModel(f"{self.address.url}: {complaint}; {remedy}")

    @cached_property
    def _http(self) -> Any:
        """Made once; the key stays inside."""
        httpx = require("httpx", "llm")
        headers = {}
        if self.options.key is not None:
            secret = os.environ.get(self.options.key)
            if not secret:
                raise BadModel(
                    f"the environment variable {self.options.key}, which is to hold the key of"
                    f" {self.address.url}, is not set"
                )
            headers["Authorization"] = f"Bearer {secret}"
        client = httpx.Client(headers=headers, timeout=self.options.timeout)
        weakref.finalize(self, client.close)  # connections stay open until nobody needs them
        return client


def _json(response: Any) -> tuple[Any, str, None]:
    try:
        return response.json(), "", None
    except ValueError:
        return None, "an answer that is no JSON", None
