"""The tables, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

__all__ = ["answers", "api_keys", "events", "items", "media", "metadata", "settings"]

metadata = MetaData()
LONG = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself there

events = Table(
    "events",
    metadata,
    Column("seq", LONG, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("user", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("weight", Float),
    Column("time", LONG, nullable=False),  # seconds since 1970, when it happened
    Column("received", LONG, nullable=False),  # likewise, when it was taken
    sqlite_autoincrement=True,
)
items = Table(
    "items",
    metadata,
    Column("item", Text, primary_key=True),
    Column("revision", LONG, nullable=False, unique=True),  # rises with every change of any item
    Column("title", Text, nullable=False),
    Column("text", Text),
    Column("columns", Text, nullable=False),  # JSON
    Column("media", Text, nullable=False),  # JSON
    Column("in_stock", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("changed", LONG, nullable=False),
)
media = Table(
    "media",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("kept", LONG, nullable=False),
)
answers = Table(
    "answers",
    metadata,
    Column("who", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("answer", Text, nullable=False),  # JSON
    Column("made", LONG, nullable=False),
    Index("answers_made", "made"),
)
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False),  # SHA-256 of the secret
    Column("scopes", Text, nullable=False),  # with commas
    Column("created", LONG, nullable=False),
    Column("expires", LONG),
    Column("revoked", LONG),
)
settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
