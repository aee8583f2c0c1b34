"""What is generated from the schema, sent to a whole server: no failure, and answers conform."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings
from schemathesis import openapi
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from prismrec.serve.api import create_app
from prismrec.serve.api.security import attempts
from serve.api.fake import FakeService
from serve.system.whole import furnish, whole

pytestmark = pytest.mark.slow

# The schema is the same for every service; which one answers is put in by the fixture.
ANY = FakeService(page=False, trusted_hosts="*")
GENERATED = openapi.from_asgi("/v1/openapi.json", create_app(ANY))
BOUNDED = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
KNOWN = {"item": ("lamp-7", "rug-2", "i1"), "user": ("ann", "u0", "u1")}


@pytest.fixture(scope="module")
def key(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("live") / "own"))
    with whole(folder, trusted_hosts="*", encode_wait=0.2) as client:
        service: Any = client.app.state.service
        KNOWN["version"] = (service.stage.now.live.version, "latest")
        token: str = service.database.add_key("all", ("read", "write", "admin"))
        furnish(client, {"Authorization": f"Bearer {token}"})
        GENERATED.app = client.app
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(attempts, "FREE", 10**9)
            yield token


@GENERATED.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Every other name is one that there is, so that not all are answered 404."""
    if not isinstance(path_parameters, dict):
        return path_parameters
    named = {}
    for name, value in path_parameters.items():
        number = zlib.crc32(repr(value).encode("utf-8", "replace"))
        known = KNOWN.get(name, ())
        named[name] = known[number % len(known)] if known and number % 2 else value
    return named


@GENERATED.parametrize()
@BOUNDED
def test_generated_requests(key: str, case: Any) -> None:
    texts = case.method == "GET" or case.path == "/v1/search"  # null and "null" look the same
    # Bytes that are no picture, and names that there are none of, are as the schema has them.
    unsure = [negative_data_rejection, positive_data_acceptance] if texts else []
    unsure += [positive_data_acceptance] if case.method == "PUT" else []
    case.call_and_validate(
        headers={"Authorization": f"Bearer {key}"}, excluded_checks=list(dict.fromkeys(unsure))
    )


def test_it_still_answers(key: str) -> None:
    client = TestClient(GENERATED.app, base_url="http://localhost")
    shown = {"Authorization": f"Bearer {key}"}
    assert client.get("/v1/users/u0/recommendations", headers=shown).json()["items"]
