"""The checks that every row passes once, for whole columns: text in, typed columns and reasons out.

Each rule of `rules` becomes two expressions: which rows break it, and the reason. Reasons are computed only for rows
that break a rule; of several, the first in the table counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from aisle.ingest.batch import ROW
from aisle.ingest.dates import DateRule
from aisle.ingest.json import is_object
from aisle.ingest.numbers import finite, in_stock, money, truth, whole
from aisle.ingest.rules import MOMENTS, OBJECTS, QUOTED, Fault, Rule, rules
from aisle.shop import columns as c
from aisle.shop.currencies import CODES
from aisle.shop.events import ALIASES, BLANKS, EARLIEST


@dataclass(frozen=True, eq=False)
class Checked:
    """The outcome of the checks.

    Attributes
    ----------
    accepted
        Exactly the columns and types of the table.
    rows
        `ROW` of each accepted row.
    reasons
        `ROW` and `reason` of each rejected row.
    """

    accepted: pl.DataFrame
    rows: pl.Series
    reasons: pl.DataFrame


def validate(
    table: str, frame: pl.DataFrame, dates: Mapping[str, DateRule], now: int, earliest: int = EARLIEST
) -> Checked:
    """Check rows of one table.

    Parameters
    ----------
    frame
        `ROW` and String columns of the table; missing columns count as empty.
    dates
        The format of each column of moments.
    now
        The present moment: timestamps may be a day ahead of it.
    earliest
        The first moment that a timestamp may have.
    """
    schema = c.TABLES[table]
    missing = [pl.lit(None, pl.String).alias(name) for name in schema if name not in frame.columns]
    text = frame.select(ROW, pl.all().exclude(ROW).name.prefix("_")).with_columns(
        column.name.prefix("_") for column in missing
    )
    typed = _typed(table, text, dates)
    kept_rules = list(rules(table, {name: rule.format for name, rule in dates.items()}, earliest))
    broken = typed.with_columns(
        _broken(rule, now).fill_null(False).alias(f"#{place}") for place, rule in enumerate(kept_rules)
    )
    any_broken = pl.any_horizontal(f"#{place}" for place in range(len(kept_rules)))
    kept = broken.filter(~any_broken)
    first = pl.coalesce(pl.when(f"#{place}").then(_reason(rule)) for place, rule in enumerate(kept_rules))
    reasons = broken.filter(any_broken).select(ROW, first.alias("reason"))
    return Checked(kept.select(*schema), kept[ROW], reasons)


def _broken(rule: Rule, now: int) -> pl.Expr:
    """Return which rows break a rule."""
    broken = _faulty(rule, now)
    return broken if rule.kinds is None else broken & pl.col(c.EVENT).is_in(list(rule.kinds))


def _faulty(rule: Rule, now: int) -> pl.Expr:
    name = rule.columns[0]
    value, text = pl.col(name), pl.col(f"_{name}")
    match rule.fault:
        case Fault.MISSING:
            return pl.all_horizontal(pl.col(f"_{column}").is_null() for column in rule.columns)
        case Fault.UNREADABLE:
            return value.is_null() & text.is_not_null()
        case Fault.NO_OBJECT:
            return ~pl.col(f"{name} is object")
        case Fault.LONGER:
            return text.str.len_bytes() > rule.limit
        case Fault.CONTROL:
            return text.str.contains(r"\p{Cc}")
        case Fault.NUL:
            return text.str.contains("\x00", literal=True)
        case Fault.BELOW:
            return value < rule.limit
        case Fault.ABOVE:
            return value > rule.limit
        case Fault.AHEAD:
            return value > now + rule.limit


def _reason(rule: Rule) -> pl.Expr:
    """Return the reason for the rows that break a rule."""
    if "{event}" in rule.sentence:
        return pl.format(rule.sentence.replace("{event}", "{}"), c.EVENT)
    if "{}" not in rule.sentence:
        return pl.lit(rule.sentence)
    text = pl.col(f"_{rule.columns[0]}")
    short = text.str.slice(0, QUOTED).str.replace_all(r"\p{Cc}", "\ufffd")
    shown = pl.when(text.str.len_chars() > QUOTED).then(pl.format("'{}…'", short)).otherwise(pl.format("'{}'", short))
    return pl.format(rule.sentence, shown)


def _typed(table: str, text: pl.DataFrame, dates: Mapping[str, DateRule]) -> pl.DataFrame:
    """Add each column, typed, beside its text, whose name begins with `_`."""
    schema = c.TABLES[table]
    columns: list[pl.Expr | pl.Series] = [
        _parsed(name, dtype, dates) for name, dtype in schema.items() if name not in c.MONEY
    ]
    columns += [money(text[f"_{name}"]).alias(name) for name in c.MONEY if name in schema]
    columns += [_is_object(text[f"_{name}"]).alias(f"{name} is object") for name in OBJECTS if name in schema]
    return text.with_columns(columns)


def _parsed(name: str, dtype: str, dates: Mapping[str, DateRule]) -> pl.Expr:
    text = pl.col(f"_{name}")
    if name in MOMENTS:
        parsed = dates[name].parse(text)
    elif name == c.EVENT:
        parsed = _kind(text)
    elif name == c.CURRENCY:
        parsed = _currency(text)
    elif dtype in ("int64", "int32"):
        number = whole(text)
        parsed = number.cast(pl.Int32, strict=False) if dtype == "int32" else number
    elif dtype == "float64":
        parsed = finite(text)
    elif dtype == "bool":
        parsed = in_stock(text) if name == c.IN_STOCK else truth(text)
    else:
        parsed = text
    return parsed.alias(name)


def _kind(text: pl.Expr) -> pl.Expr:
    normal = text.str.strip_chars(BLANKS).str.to_lowercase().str.replace_all(r"[ .-]", "_")
    return normal.replace_strict({alias: kind.value for alias, kind in ALIASES.items()}, default=None)


def _currency(text: pl.Expr) -> pl.Expr:
    code = text.str.strip_chars(BLANKS).str.to_uppercase()
    return pl.when(code.is_in(list(CODES))).then(code)


def _is_object(text: pl.Series) -> pl.Series:
    return pl.Series([None if cell is None else is_object(cell) for cell in text.to_list()], dtype=pl.Boolean)
