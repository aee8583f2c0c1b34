"""A service on dicts, quick and predictable, with what the API asks of the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, NamedTuple

from prismrec.errors import BadData, BadMedia, UnknownName
from prismrec.search.reasons import Word
from prismrec.serve.database import Conflict, Full, Key, Unavailable
from prismrec.serve.database.keys import made
from prismrec.serve.intake.errors import NotReady
from prismrec.serve.settings import Settings, read_settings
from prismrec.serve.values import Answer, Ask, Because, Event, Item, Listed, Person, Where

ALL = Where()


class Medium(NamedTuple):
    data: bytes
    type: str
    etag: str


@dataclass
class FakeDatabase:
    held: dict[str, Key] = field(default_factory=dict)
    away: bool = False
    asked: int = 0

    def add_key(self, name: str, scopes: Sequence[str], *, expires: int | None = None) -> str:
        token, identity, hashed = made()
        self.held[identity] = Key(identity, name, hashed, tuple(scopes), 0, expires=expires)
        return token

    def keys(self) -> list[Key]:
        self.asked += 1
        self.check()
        return list(self.held.values())

    def revoke_key(self, name: str) -> None:
        self.held = {
            i: replace(k, revoked=1) if k.name == name else k for i, k in self.held.items()
        }

    def check(self) -> None:
        if self.away:
            raise Unavailable("no connection to postgresql://secret@inside/")


PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
SOUND = bytes(range(256)) * 4
SONGS = {"lamp-7": "Desk lamp, green", "rug-2": "Rug", "a/b c": "<script>alert(1)</script>"}


class FakeService:
    """What the API sees of a server."""

    def __init__(self, settings: Settings | None = None, **values: Any) -> None:
        self.settings = settings or read_settings(values)
        self.database = FakeDatabase()
        self.shop = SimpleNamespace(name="fake shop")
        self.items = {item: Item(item, title) for item, title in SONGS.items()}
        self.files: dict[tuple[str, str], Medium] = {
            ("lamp-7", "image"): Medium(PNG, "image/png", "p1"),
            ("lamp-7", "audio"): Medium(SOUND, "audio/ogg", "s1"),
            ("rug-2", "image"): Medium(b"<svg onload=alert(1)>", "image/svg+xml", "x1"),
        }
        self.intake = SimpleNamespace(waiting={"image": 0})
        self.events: list[Event] = []
        self.people = {"ann": 7, "bob": 3}
        self.answers: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}
        self.current = "v2"
        self.warm = True
        self.full = False
        self.fails: Exception | None = None

    def _item(self, item: str) -> Item:
        if self.fails:
            raise self.fails
        if item not in self.items:
            raise UnknownName(f"there is no item {item!r}")
        return self.items[item]

    def recommend(self, ask: Ask) -> Answer:
        if self.fails:
            raise self.fails
        for person in ask.people:
            for item in person.history:
                self._item(item)
        left = [i for i in self.items if i not in ask.where.exclude]
        listed = tuple(
            Listed(i, self.items[i].title, 1.0 - n / 10, {"image": 0.75, "text": 0.25},
                   (Because("rug-2", "Rug", "image", 0.5),))
            for n, i in enumerate(left[ask.offset : ask.offset + ask.k])
        )  # fmt: skip
        return Answer(listed, self.current)

    def similar(
        self, item: str, *, modality: str | None = None, k: int = 10, where: Where = ALL
    ) -> Answer:
        self._item(item)
        if modality not in (None, "image", "text", "audio"):
            raise UnknownName(f"there is no modality {modality!r}; there are image, text, audio")
        return self.recommend(Ask((Person(),), k, where=replace(where, exclude=(item,))))

    def search(
        self, request: Any, *, k: int = 10, modalities: Sequence[str] = (), where: Where = ALL
    ) -> list[Any]:
        if not self.warm:
            raise NotReady("search is warming up")
        for modality, data in (("image", request.image), ("audio", request.audio)):
            if data is not None and b"bad" in data:
                raise BadMedia(0, f"not a file of a kind that is known: {modality}")
        reason = SimpleNamespace(
            kind="colours",
            modality="image",
            adds=1.0,
            standard=2.0,
            words=(Word("green", "绿", 0.5),),
        )
        hit = SimpleNamespace(
            item="lamp-7",
            title="Desk lamp, green",
            score=1.0,
            shares={"image": 1.0},
            reasons=(reason,),
        )
        return [hit][:k]

    def tell(self, person: Person, item: str, *, against: str | None = None) -> dict[str, Any]:
        told = {"item": item, "title": self._item(item).title, "score": float("nan")}
        return {**told, "against": against and self._item(against).title, "person": vars(person)}

    def _once(self, once: Any, make: Any) -> dict[str, Any]:
        if self.full:
            raise Full("no space left on /disk/inside")
        self.database.check()
        if once is not None:
            known = self.answers.get((once.who, once.key))
            if known is not None and known[0] != once.digest:
                raise Conflict("that idempotency key was used for another request")
            if known is not None:
                return {**known[1], "replayed": True}
        made = make()
        if once is not None:
            self.answers[once.who, once.key] = (once.digest, made)
        return made

    def take_events(self, events: Sequence[Event], *, once: Any = None) -> dict[str, Any]:
        def take() -> dict[str, Any]:
            for event in events:
                self._item(event.item)
            known = {e.id for e in self.events if e.id}
            fresh = [e for e in events if e.id is None or e.id not in known]
            self.events.extend(fresh)
            return {"stored": len(fresh), "duplicates": len(events) - len(fresh)}

        return self._once(once, take)

    def put_item(
        self, item: Item, contents: Mapping[str, bytes | None], *, once: Any = None
    ) -> dict[str, Any]:
        def put() -> dict[str, Any]:
            for modality, data in contents.items():
                if data is not None and b"bad" in data:
                    raise BadMedia(0, f"the {modality} is not a file of a kind that is known")
            created = item.item not in self.items
            self.items[item.item] = item
            for modality, data in contents.items():
                if data is None:
                    self.files.pop((item.item, modality), None)
                else:
                    kind = "image/png" if modality == "image" else "audio/ogg"
                    self.files[item.item, modality] = Medium(data, kind, "u1")
            encoded = [m for m, d in contents.items() if d is not None]
            made = {"item": item.item, "created": created, "encoded": encoded, "pending": []}
            return {**made, "seconds": 0.1}

        return self._once(once, put)

    def remove_item(self, item: str, *, once: Any = None) -> dict[str, Any]:
        def remove() -> dict[str, Any]:
            self._item(item)
            del self.items[item]
            return {"item": item, "removed": True}

        return self._once(once, remove)

    def describe(self, item: str) -> dict[str, Any]:
        found = self._item(item)
        media = {m: (item, m) in self.files for m in ("image", "audio")}
        return {**vars(found), "media": media, "encoded": [], "events": 0}

    def browse(self, where: Where, *, k: int, offset: int) -> tuple[list[dict[str, Any]], int]:
        found = [self.describe(i) for i in self.items if where.text in self.items[i].title]
        return found[offset : offset + k], len(found)

    def medium(self, item: str, modality: str, *, side: int | None = None) -> Medium:
        self._item(item)
        if (item, modality) not in self.files:
            raise BadMedia(0, f"no {modality}")
        return self.files[item, modality]

    def users(
        self, *, text: str = "", k: int = 50, offset: int = 0
    ) -> tuple[list[dict[str, Any]], int]:
        found = [{"user": u, "events": n} for u, n in self.people.items() if text in u]
        return found[offset : offset + k], len(found)

    def facets(self) -> dict[str, list[tuple[str, int]]]:
        return {"genre": [("jazz", 2)]}

    def versions(self) -> list[dict[str, Any]]:
        return [{"id": v, "current": v == self.current} for v in ("v2", "v1")]

    def activate(self, version: str) -> dict[str, Any]:
        if version not in ("v1", "v2"):
            raise UnknownName(f"there is no version {version!r}")
        self.current = version
        return {"version": version}

    def roll_back(self) -> dict[str, Any]:
        if self.current == "v1":
            raise BadData("there is no version before v1")
        return self.activate("v1")

    def status(self) -> dict[str, Any]:
        return {"version": self.current, "queue": 0, "items": len(self.items)}

    def readiness(self) -> dict[str, Any]:
        away = self.database.away
        search = "ready" if self.warm else "warming"
        return {
            "ready": not away,
            "database": "away" if away else "ok",
            "search": search,
            "version": self.current,
        }

    def close(self) -> None:
        pass
