"""What a ranker sees of candidates, in one pass over their rows, owners in parallel; the twin is `features_numpy`."""

import numpy as np

from aisle.kernels.compiling import (
    DoubleRows,
    Doubles,
    FilledFloatRows,
    FloatRows,
    Floats,
    Ints,
    Longs,
    exact_kernel,
    exactly_inlined,
)
from aisle.kernels.features_numpy import (
    HOURS,
    ItemFeatures,
    Known,
    MatchFeatures,
    Moments,
    PairFeatures,
    Sources,
    UserFeatures,
)
from aisle.kernels.tallies import OWNERS, tallied
from aisle.kernels.tallies_numpy import Events, Lists, OwnerTallies, PairTallies
from aisle.kernels.threads import blocks, share_out_rows

# The columns of tallies and of each group of features, in the order of their fields.
_P_TAKEN, _P_DAYS, _P_LOOKED, _P_CARTED, _P_SINCE_TAKEN, _P_SINCE_LOOKED, _P_SINCE_CARTED, _P_SINCE_FIRST = range(8)
_P_STARS, _P_RETURNED = range(8, len(PairTallies._fields))
_O_TAKEN, _O_LOOKED, _O_ITEMS, _O_DAYS, _O_SINCE_TAKEN, _O_SINCE_FIRST, _O_SINCE_ANY = range(7)
_O_PRICE, _O_POPULARITY = range(7, len(OwnerTallies._fields))
_OF_PAIR, _OF_USER = len(PairFeatures._fields), len(UserFeatures._fields)
_AGE, _SINCE_TAKEN, _PRICE = (ItemFeatures._fields.index(name) for name in ("age", "since_taken", "price"))
_COLUMNS = _OF_PAIR + _OF_USER + len(ItemFeatures._fields) + len(MatchFeatures._fields)


def features(sources: Sources, events: Events, candidates: Lists, known: Known, moments: Moments) -> FloatRows:
    """Return the features of each candidate, as `features_numpy.features` does."""
    pairs, owners, of_group = tallied(events, candidates, known.items)
    count = sources.ranks.shape[1]
    rows = np.empty((len(candidates.items), 2 * count + 1 + _COLUMNS), np.float32)
    rows[:, :count] = sources.scores
    rows[:, count : 2 * count] = np.log(sources.ranks)
    # What is rounded as the machine pleases is left to NumPy, so that both give the same bits.
    logs, prices = np.log1p(owners[:, :3]), np.log(owners[:, _O_PRICE])

    def fill(start: int, stop: int) -> None:
        _fill(
            start,
            stop,
            candidates.indptr,
            candidates.items,
            pairs,
            owners,
            of_group,
            logs,
            prices,
            events.indptr,
            moments.now,
            moments.frozen,
            moments.day,
            known.items.popularity,
            known.interval,
            known.rows,
            known.first,
            known.last,
            count,
            rows,
        )

    share_out_rows(fill, blocks(len(owners), OWNERS))
    return rows


@exactly_inlined
def _at_least_1(value: np.float32) -> np.float32:
    """Return a value that is divided by; NaN stays."""
    return np.float32(1) if value < 1 else value


@exactly_inlined
def _fill_pair(pair: Floats, taken_in_all: float, usual: np.float32, row: Floats) -> None:
    row[0:4] = pair[0:4]
    row[4] = np.float64(pair[_P_TAKEN]) / max(taken_in_all, 1.0)
    row[5:11] = pair[_P_SINCE_TAKEN : _P_RETURNED + 1]
    interval = usual
    if pair[_P_DAYS] > 1:
        interval = (pair[_P_SINCE_FIRST] - pair[_P_SINCE_TAKEN]) / _at_least_1(pair[_P_DAYS] - np.float32(1))
    row[11] = pair[_P_SINCE_TAKEN] / _at_least_1(usual)
    row[12] = pair[_P_SINCE_TAKEN] / _at_least_1(interval)


@exactly_inlined
def _fill_user(owner: Doubles, logs: Doubles, price: float, now: int, frozen: int, day: int, row: Floats) -> None:
    row[0:3] = logs
    row[3] = owner[_O_DAYS]
    row[4] = owner[_O_SINCE_TAKEN]
    row[5] = owner[_O_SINCE_ANY]
    row[6] = (owner[_O_SINCE_FIRST] - owner[_O_SINCE_TAKEN]) / max(owner[_O_DAYS] - 1.0, 1.0)
    row[7] = 1.0 - owner[_O_ITEMS] / max(owner[_O_TAKEN], 1.0)
    row[8] = price
    row[9] = now // (day // HOURS) % HOURS if now > frozen else np.nan
    row[10] = now // day % 7 if now > frozen else np.nan
    row[11] = np.float64(now - frozen) / day


@exact_kernel
def _fill(
    start: int,
    stop: int,
    indptr: Longs,
    items: Ints,
    pairs: FloatRows,
    owners: DoubleRows,
    of_group: FloatRows,
    logs: DoubleRows,
    prices: Doubles,
    events_indptr: Longs,
    now: Longs,
    frozen: int,
    day: int,
    popularity: Floats,
    interval: Floats,
    known: FloatRows,
    first: Longs,
    last: Longs,
    sources: int,
    rows: FilledFloatRows,
) -> None:
    """Fill in all columns but those of scores and ranks."""
    user = np.empty(_OF_USER, np.float32)
    for owner in range(start, stop):
        _fill_user(owners[owner], logs[owner], prices[owner], now[owner], frozen, day, user)
        events = events_indptr[owner + 1] - events_indptr[owner]
        count = np.float64(events if events > 0 else np.nan)  # without an event, an owner has no shares
        usual = np.float32(owners[owner, _O_POPULARITY] / count)
        for at in range(indptr[owner], indptr[owner + 1]):
            item, of_sources = items[at], rows[at, : 2 * sources + 1]
            of_sources[2 * sources] = 0
            for source in range(sources):
                of_sources[2 * sources] += np.isfinite(of_sources[sources + source])
            of_pair = rows[at, 2 * sources + 1 :]
            of_user = of_pair[_OF_PAIR:]
            of_item = of_user[_OF_USER:]
            match = of_item[known.shape[1] :]
            _fill_pair(pairs[at], owners[owner, _O_TAKEN], interval[item], of_pair)
            of_user[:_OF_USER] = user
            of_item[: known.shape[1]] = known[item]
            of_item[_AGE] = np.float64(now[owner] - first[item]) / day
            of_item[_SINCE_TAKEN] = np.float64(now[owner] - last[item]) / day
            match[0] = np.float64(of_item[_PRICE]) - prices[owner]
            for group in range(3):
                match[1 + group] = np.float64(of_group[at, group]) / count
            match[4] = popularity[item] - usual
