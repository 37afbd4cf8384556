"""What every table of the shop's database has."""

from typing import Any, Final

from sqlalchemy import MetaData, Table

from aisle.shop import columns

metadata: Final = MetaData()

OPTIONS: Final[dict[str, Any]] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def row_columns(table: Table) -> list[str]:
    """Return the columns of a stored row: those of `shop.columns`, and the id under which it came in."""
    return [*columns.TABLES[table.name], *(["came_as"] if "came_as" in table.c else [])]
