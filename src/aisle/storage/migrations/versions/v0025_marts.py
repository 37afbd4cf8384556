"""The marts.

Revision 0025. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}

WORD = sa.String(256).with_variant(sa.String(256, collation="utf8mb4_bin"), "mysql")
TYPES: dict[str, Any] = {
    "word": WORD,
    "text": sa.Text(),
    "number": sa.BigInteger(),
    "float": sa.Double(),
    "flag": sa.Boolean(),
    "day": sa.Date(),
    "money": sa.Numeric(18, 6),
}

SHELF = "day:day placement:word strategy:text model_version:number audience:text"
PAID = "orders:number units:number revenue:money returned_units:number returned_revenue:money"

TABLES = {
    "mart_daily_visits": "day:day visitors:number buyers:number returning_buyers:number",
    "mart_daily_sales": f"day:day currency:word {PAID} helped_orders:number helped_revenue:money",
    "mart_daily_shelves": f"{SHELF} shelves:number places:number seen:number clicks:number carts:number",
    "mart_daily_shelf_sales": f"{SHELF} currency:word {PAID}",
    "mart_daily_items": ("day:day item_id:word places:number seen:number clicks:number views:number carts:number"),
    "mart_daily_item_sales": f"day:day item_id:word currency:word {PAID}",
    "mart_items": "item_id:word title:text category:text department:text brand:text price:money currency:word",
    "mart_users": "user_id:word first_day:day last_day:day first_order_day:day last_order_day:day orders:number",
    "mart_models": "model_version:number algorithm:text status:word trained_day:day promoted_day:day",
    "mart_user_segments": "segment:word user_id:word since_day:day",
    "mart_recommendations": (
        "user_id:word placement:word place:number item_id:word score:float model_version:number computed_day:day"
    ),
    "mart_placements": "placement:word first_day:day last_day:day",
    "mart_dates": (
        "day:day year:number quarter:number month:number week:number weekday:number weekday_name:word is_weekend:flag"
    ),
}
INDEXED = ("day", "item_id", "user_id")


def upgrade() -> None:
    """Add the tables."""
    for table, written in TABLES.items():
        columns = [column.split(":") for column in written.split()]
        op.create_table(table, *(sa.Column(name, TYPES[word]) for name, word in columns), **OPTIONS)
        for name, _ in columns:
            if name in INDEXED:
                op.create_index(f"{table}_{name}", table, [name])
    op.create_table(
        "mart_builds",
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("through", sa.BigInteger, nullable=False),
        **OPTIONS,
    )
