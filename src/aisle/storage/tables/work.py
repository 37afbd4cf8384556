"""Tables: models and the worker."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Table, Text

from aisle.storage.database.column_types import LONG_TEXT, WORD, sequence
from aisle.storage.tables.base import OPTIONS, metadata

models: Final = Table(
    "models",
    metadata,
    sequence("version"),
    Column("created", BigInteger, nullable=False),
    Column("status", WORD, nullable=False),
    Column("path", Text),
    Column("recipe", Text, nullable=False),
    Column("metrics", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("promoted", BigInteger),
    Column("run_id", Text),
    **OPTIONS,
)

trainings: Final = Table(
    "trainings",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("record", LONG_TEXT, nullable=False),
    **OPTIONS,
)
"""What the training of each model told of it, as JSON; not in `models`, which every process reads once a second."""

leases: Final = Table(
    "leases",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    **OPTIONS,
)
"""Who alone may do something until `expires`; `token` counts the holders, so that an earlier one is told apart."""

jobs: Final = Table(
    "jobs",
    metadata,
    sequence("number"),
    Column("kind", WORD, nullable=False),
    Column("status", WORD, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked", BigInteger, nullable=False),
    Column("started", BigInteger),
    Column("ended", BigInteger),
    Column("stage", Text),
    Column("share", Double),
    Column("log", LONG_TEXT, nullable=False),
    Column("outcome", Text),
    Column("called_off", Boolean, nullable=False),
    Index("jobs_status", "status"),
    **OPTIONS,
)
"""What the worker does or did; `share` is how much of the `stage` is done."""
