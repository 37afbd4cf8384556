"""Tables: what the team decides: rules of placements, and experiments."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, String, Table, Text

from aisle.shop import columns
from aisle.storage.database.column_types import ID, LONG_TEXT, WORD
from aisle.storage.tables.base import OPTIONS, metadata

placement_rules: Final = Table(
    "placement_rules",
    metadata,
    Column(columns.PLACEMENT, ID, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("rules", LONG_TEXT),
    Column("starts", BigInteger),
    Column("ends", BigInteger),
    Column("author", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("undoes", BigInteger),
    Column("undone", Boolean, nullable=False),
    **OPTIONS,
)
"""Who published which rules of a placement, and who took which version back: `rules` is a JSON object of those that
override `aisle.toml`, null for a row that takes back the version `undoes`."""

rule_drafts: Final = Table(
    "rule_drafts",
    metadata,
    Column(columns.PLACEMENT, ID, primary_key=True),
    Column("author", ID, primary_key=True),
    Column("rules", LONG_TEXT, nullable=False),
    Column("based_on", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    **OPTIONS,
)
"""Rules that somebody edits and has not published: `based_on` is the version that was the newest when they began."""

experiments: Final = Table(
    "experiments",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("definition", LONG_TEXT, nullable=False),
    Column("state", WORD, nullable=False),
    Column("first", Double, nullable=False),
    Column("reach", Double, nullable=False),
    Column("planned", Double, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("started", BigInteger),
    Column("stepped", BigInteger),
    Column("stopped", BigInteger),
    Column("reason", Text),
    **OPTIONS,
)
"""What experiments compare, which part of their layer they have, and how many units they were planned with."""
