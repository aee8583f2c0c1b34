"""encode with an encoder that counts its calls; the real ones are in tests/conformance."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.shop import Media, Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.encode import choose_encoders, encode, encode_media
from prismrec.encoders.pairs import pack
from prismrec.errors import BadData, BadMedia, UnknownName
from prismrec.store.memory import MemoryStore
from prismrec.store.sqlite import SqliteStore, default_path


@dataclass(frozen=True)
class Digest:
    """Bytes to the first eight bytes of their hash; refuses what starts with "broken"."""

    modality: str = "image"
    fingerprint: str = "digest-1"
    dim: int = 8
    seen: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, media: Sequence[bytes]) -> np.ndarray:
        for index, data in enumerate(media):
            if data.startswith(b"broken"):
                raise BadMedia(index, "it is broken")
        with self.lock:
            self.seen.extend(media)
        return np.array([self.vector(data) for data in media], np.float32).reshape(-1, 8)

    @staticmethod
    def vector(data: bytes) -> np.ndarray:
        if data.startswith(b"infinite"):
            return np.full(8, np.inf, np.float32)
        return np.frombuffer(hashlib.sha256(data).digest()[:8], np.uint8).astype(np.float32)


def make_shop(path: Path, **media: Sequence[str | None]) -> Shop:
    """Items with media; a keyword `users_text` gives the texts of as many users."""
    users = {k.removeprefix("users_"): v for k, v in media.items() if k.startswith("users_")}
    items = {k: v for k, v in media.items() if not k.startswith("users_")}
    n_items = max((len(v) for v in items.values()), default=2)
    n_users = max((len(v) for v in users.values()), default=2)
    return Shop(
        path,
        Interactions.of(np.array([0, 1]), np.array([0, 1])),
        Vocabulary(tuple(f"u{row}" for row in range(n_users))),
        Vocabulary(tuple(f"i{row}" for row in range(n_items))),
        {name: Media(name, tuple(values)) for name, values in items.items()},
        {name: Media(name, tuple(values)) for name, values in users.items()},
    )


def write(folder: Path, **contents: bytes) -> None:
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def test_items_and_users_get_vectors(tmp_path: Path) -> None:
    texts = ["a lamp", None, "灯", "  \u3000"]
    shop = make_shop(tmp_path, text=texts, users_text=["I like lamps", None, "a lamp"])
    data = encode(shop, text=Digest("text"), store=MemoryStore())
    assert data.items["text"].present.tolist() == [True, False, True, False]
    assert data.users["text"].present.tolist() == [True, False, True]
    assert (data.items["text"].values[2] == Digest.vector("灯".encode())).all()
    assert (data.users["text"].values[2] == data.items["text"].values[0]).all()
    assert not data.items["text"].values[1].any()
    assert data.items["text"].encoder == "digest-1"
    assert data.interactions is shop.interactions


def test_each_content_is_encoded_once(tmp_path: Path) -> None:
    write(tmp_path, a=b"same", b=b"same", c=b"other")
    encoder = Digest()
    shop = make_shop(tmp_path, image=["a", "b", "a", "c"], users_image=["c", None])
    out = encode_media(shop, {"image": encoder}, store=MemoryStore())
    assert sorted(encoder.seen) == [b"other", b"same"]
    assert out.counts["image"].computed == 2
    assert out.data.items["image"].present.all()
    assert len(np.unique(out.data.items["image"].values[:3], axis=0)) == 1


def test_a_second_call_reads_the_store(tmp_path: Path) -> None:
    write(tmp_path, a=b"1", b=b"2")
    shop = make_shop(tmp_path, image=["a", "b"])
    first = encode(shop, image=Digest())
    assert default_path(tmp_path).is_file()
    (tmp_path / "b").rename(tmp_path / "renamed")
    encoder = Digest()
    again = encode_media(make_shop(tmp_path, image=["a", "renamed"]), {"image": encoder})
    assert encoder.seen == []
    assert (again.counts["image"].computed, again.counts["image"].reused) == (0, 2)
    assert (again.data.items["image"].values == first.items["image"].values).all()


def test_changed_contents_and_other_encoders_are_encoded_anew(tmp_path: Path) -> None:
    write(tmp_path, a=b"1", b=b"2")
    shop, store = make_shop(tmp_path, image=["a", "b"]), MemoryStore()
    encode(shop, image=Digest(), store=store)
    write(tmp_path, a=b"changed")
    encoder = Digest()
    encode(shop, image=encoder, store=store)
    assert encoder.seen == [b"changed"]
    other = Digest(fingerprint="digest-2")
    encode(shop, image=other, store=store)
    assert sorted(other.seen) == [b"2", b"changed"]


def test_broken_media_are_skipped_and_listed(tmp_path: Path) -> None:
    contents = {f"f{place:02}": b"fine %d" % place for place in range(40)}
    contents |= {name: b"broken " + name.encode() for name in ("f00", "f07", "f08", "f39")}
    contents["f20"] = b"infinite"
    write(tmp_path, **contents)
    shop = make_shop(tmp_path, image=[*contents, "absent", "f07"])
    out = encode_media(shop, {"image": Digest()}, store=MemoryStore())
    missing = {"f00", "f07", "f08", "f39", "f20", "absent"}
    assert {problem.file for problem in out.problems} == missing
    assert out.data.items["image"].present.sum() == 35
    assert (out.counts["image"].computed, out.counts["image"].skipped) == (35, 6)
    by_file = {problem.file: problem for problem in out.problems}
    assert by_file["f07"].count == 2
    assert "it is broken" in str(by_file["f07"])
    assert "no such file" in str(by_file["absent"])
    assert "not finite" in str(by_file["f20"])
    assert all(problem.remedy for problem in out.problems)


def test_a_file_outside_the_shop_is_never_read(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    write(tmp_path, secret=b"secret")
    (tmp_path / "shop" / "link").symlink_to(tmp_path / "secret")
    encoder = Digest()
    shop = make_shop(tmp_path / "shop", image=["../secret", "link", str(tmp_path / "secret")])
    out = encode_media(shop, {"image": encoder}, store=MemoryStore())
    assert encoder.seen == []
    assert len(out.problems) == 3
    assert not out.data.items["image"].present.any()


def test_a_file_that_changes_meanwhile_is_not_kept_under_its_old_content(tmp_path: Path) -> None:
    write(tmp_path, a=b"old")

    class Late(MemoryStore):
        def get_many(self, keys):
            write(tmp_path, a=b"new")  # between hashing and encoding
            return super().get_many(keys)

    store = Late()
    out = encode_media(make_shop(tmp_path, image=["a", None]), {"image": Digest()}, store=store)
    assert len(store) == 0
    assert "changed" in str(out.problems[0])


def test_a_stored_vector_of_another_length_is_computed_again(tmp_path: Path) -> None:
    write(tmp_path, a=b"1")
    shop, store = make_shop(tmp_path, image=["a", None]), MemoryStore()
    encode(shop, image=Digest(), store=store)
    store.update({key: np.ones(3, np.float32) for key in store})
    assert encode(shop, image=Digest(), store=store).items["image"].dim == 8


def test_progress_ends_with_everything_done(tmp_path: Path) -> None:
    write(tmp_path, **{f"f{place}": b"%d" % place for place in range(100)})
    calls: list[tuple[str, int, int]] = []
    shop = make_shop(tmp_path, image=[f"f{place}" for place in range(100)])
    encode_media(
        shop,
        {"image": Digest()},
        store=MemoryStore(),
        progress=lambda modality, done, total: calls.append((modality, done, total)),
    )
    assert calls[0] == ("image", 0, 100)
    assert calls[-1] == ("image", 100, 100)
    assert [done for _, done, _ in calls] == sorted(done for _, done, _ in calls)


def test_a_failing_encoder_is_not_hidden(tmp_path: Path) -> None:
    class Fails(Digest):
        def __call__(self, media):
            raise RuntimeError("out of memory")

    write(tmp_path, a=b"1")
    with pytest.raises(RuntimeError, match="out of memory"):
        encode(make_shop(tmp_path, image=["a", None]), image=Fails(), store=MemoryStore())


def test_what_other_threads_have_finished_is_kept_when_one_fails(tmp_path: Path) -> None:
    class Fails(Digest):
        batch_size = 2

        def __call__(self, media: Sequence[bytes]) -> np.ndarray:
            if b"03" in media:
                time.sleep(0.1)  # the others have begun by then
                raise RuntimeError("out of money")
            time.sleep(0.2)
            return super().__call__(media)

    names = [f"{place:02}" for place in range(6)]
    write(tmp_path, **{name: name.encode() for name in names})
    encoder, store = Fails(), MemoryStore()
    with pytest.raises(RuntimeError, match="out of money"):
        encode(make_shop(tmp_path, image=names), image=encoder, store=store)
    assert len(store) == len(encoder.seen) >= 2


def test_an_encoder_may_read_two_media_of_an_item_at_once(tmp_path: Path) -> None:
    class Both(Digest):
        also = "text"

    write(tmp_path, a=b"1", b=b"broken", c=b"1")
    shop = make_shop(
        tmp_path,
        image=["a", "a", None, "b", "c", "a"],
        text=["lamp", "desk", "lamp", "lamp", None, "lamp"],
        users_text=["I like lamps"],
    )
    encoder, store = Both(), MemoryStore()
    out = encode_media(shop, {"image": encoder}, store=store)
    feature = out.data.items["image"]
    assert feature.present.tolist() == [True, True, False, True, True, True]
    contents = [pack(b"1", b"lamp"), pack(b"1", b"desk"), pack(b"broken", b"lamp"), pack(b"1", b"")]
    assert sorted(encoder.seen) == sorted(contents)
    assert (feature.values[0] == feature.values[5]).all()
    assert (feature.values[0] == Digest.vector(contents[0])).all()
    assert "image" not in out.data.users
    write(tmp_path, b=b"2")
    (tmp_path / "c").unlink()
    again = encode_media(shop, {"image": encoder}, store=store)
    assert (again.counts["image"].computed, again.counts["image"].reused) == (1, 2)
    assert [problem.file for problem in again.problems] == ["c"]


def test_auto_takes_what_the_shop_has(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, text=["a lamp", "b"], audio=[None, None], users_image=["me.png"])
    chosen = choose_encoders(shop)
    assert {name: type(encoder).__name__ for name, encoder in chosen.items()} == {
        "image": "EfficientNetLite0",
        "text": "UseMultilingual",
    }
    assert list(choose_encoders(shop, text=None)) == ["image"]


def test_ready_vectors_win_over_auto_but_not_over_a_name(tmp_path: Path) -> None:
    ready = Feature.of(np.ones((2, 3), np.float32))
    shop = replace(make_shop(tmp_path, text=["a lamp", "b"]), item_features={"text": ready})
    assert choose_encoders(shop) == {}
    assert encode(shop).items["text"] is ready
    assert not (tmp_path / ".prismrec").exists()
    assert encode(shop, text="tfidf:dim=16", store=MemoryStore()).items["text"].dim == 16


def test_modalities_stand_in_one_order(tmp_path: Path) -> None:
    ready = {"price": Feature.of(np.ones((2, 1), np.float32))}
    write(tmp_path, a=b"1")
    shop = replace(make_shop(tmp_path, text=["x", "y"], image=["a", None]), item_features=ready)
    encoders = {"text": Digest("text"), "image": Digest()}
    data = encode_media(shop, encoders, store=MemoryStore()).data
    assert data.modalities == ("image", "text", "price")


def test_wrong_choices_are_refused(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, text=["a lamp", "b"])
    with pytest.raises(BadData, match="for audio; choose another one for text"):
        encode(shop, text="mfcc")
    with pytest.raises(UnknownName, match="tfidf"):
        encode(shop, text="tfidff")


def test_a_shop_without_media_is_its_log(tmp_path: Path) -> None:
    data = encode(make_shop(tmp_path))
    assert data.modalities == ()
    assert not (tmp_path / ".prismrec").exists()


SLOW = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_encode
from prismrec.encode import encode_media

class Slow(test_encode.Digest):
    def __call__(self, media):
        time.sleep(0.05)
        return super().__call__(media)

folder = Path(sys.argv[1])
names = sorted(path.name for path in folder.iterdir() if path.is_file())
shop = test_encode.make_shop(folder, image=names)

def tell(modality, done, total):
    sys.stdout.write(f"{done}\\n")
    sys.stdout.flush()

encode_media(shop, {"image": Slow()}, progress=tell)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_after_a_kill_it_goes_on_where_it_was(tmp_path: Path) -> None:
    names = [f"f{place:04}" for place in range(1000)]
    write(tmp_path, **{name: name.encode() for name in names})
    command = [sys.executable, "-c", SLOW, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(4)][-1]
        os.kill(process.pid, signal.SIGKILL)
    with_store = SqliteStore(default_path(tmp_path))
    kept = len(with_store)
    with_store.close()
    assert told <= kept < 1000
    encoder = Digest()
    out = encode_media(make_shop(tmp_path, image=names), {"image": encoder})
    assert len(encoder.seen) == 1000 - kept
    assert out.data.items["image"].present.all()
    expected = np.array([Digest.vector(name.encode()) for name in names])
    assert (out.data.items["image"].values == expected).all()
