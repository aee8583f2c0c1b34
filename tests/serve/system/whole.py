"""A whole server within the tests' process, with the names that examples and attacks use."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

import prismrec as pr
from prismrec.serve.api.app import create_app
from prismrec.serve.service import Service
from prismrec.serve.settings import read_settings
from serve.system.running import picture

FREE = {"page": False, "rate_read": 1e6, "rate_write": 1e6}


def tone(*, seconds: float = 0.25, hertz: float = 440.0) -> bytes:
    """A short sound."""
    t = np.arange(int(8000 * seconds)) / 8000
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((8000 * np.sin(2 * np.pi * hertz * t)).astype("<i2").tobytes())
    return out.getvalue()


def open_whole(folder: Path, *, model: str = "prism", **settings: Any) -> Service:
    """A service over a small shop whose media have been read."""
    given = {"database": f"sqlite:///{folder / 'whole.sqlite'}", **FREE, **settings}
    service = Service.open(folder / model, pr.read(folder / "shop"), read_settings(given))
    assert service.reading.wait(60) and service.encoded.wait(60)
    return service


@contextmanager
def whole(folder: Path, **settings: Any) -> Iterator[TestClient]:
    """A client of such a service; `app.state.service` is the service."""
    service = open_whole(folder, **settings)
    try:
        with TestClient(create_app(service), base_url="http://localhost") as client:
            yield client
    finally:
        service.close()


def furnish(client: Any, headers: dict[str, str] | None = None) -> None:
    """Put the items that examples name, and let somebody like one."""
    rng = np.random.default_rng(3)
    for number, item in enumerate(("lamp-7", "rug-2", "rug-3", "a/b c")):
        files = {
            "item": (None, b'{"title": "Lamp", "text": "warm bread"}', "application/json"),
            "image": ("a.png", picture(rng, number % 2, side=32), "image/png"),
            "audio": ("a.wav", tone(hertz=200.0 + number), "audio/wav"),
        }
        path = f"/v1/items/{item.replace('/', '%2F')}"
        answer = client.put(path, files=files, headers=headers)
        assert answer.status_code in (200, 201, 202), answer.text
    event = {"user": "ann", "item": "rug-3", "event": "like"}
    assert client.post("/v1/events", json=event, headers=headers).status_code == 200
