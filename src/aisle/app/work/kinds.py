"""The kinds of jobs: what each does, and when it is due. A new kind is a row of `KINDS`."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from aisle.app.data.clean_up import clean_up
from aisle.app.data.columnar import copy_of
from aisle.app.data.day_counts import count_days
from aisle.app.data.drift import drift
from aisle.app.data.succession import live_and_before
from aisle.app.progress import Progress
from aisle.app.settings import WorkerSection
from aisle.app.shop import Shop
from aisle.app.training.refreshing import refresh
from aisle.shop.errors import InputError, NoModel, NotEnoughData
from aisle.shop.moments import DAY, MINUTE, from_moment, now
from aisle.storage.marts.store import is_built
from aisle.storage.work import jobs

DRIFT: Final = "drift"
"""Who asks for a training because things have drifted."""

NEW_MODEL: Final = 2 * DAY
"""A model that was trained since then knows what has drifted."""

BACKUPS: Final = "backups"
"""The folder, in the shop's own, of the backups that the worker makes."""


class Kind(NamedTuple):
    """A kind of job."""

    name: str
    what: str
    """What it does, in words."""
    run: Callable[[Shop, Progress], str]
    """It returns what came of it, in a sentence."""
    due: Callable[[WorkerSection, int], int | None]
    """The moment since which it has been due, given now; None if nobody wants it."""


def kind_named(name: str) -> Kind:
    """Return a kind of jobs.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise InputError(f"there is no job {name!r}; choose from {', '.join(kind.name for kind in KINDS)}")


def _train(shop: Shop, progress: Progress) -> str:
    return shop.train(progress=progress).outcome()


def _count(shop: Shop, progress: Progress) -> str:
    counted = count_days(shop.db, progress, segments_since=0)
    return f"{counted:,} days were counted."


def _update_segments(shop: Shop, progress: Progress) -> str:
    updated = shop.segments.update(progress=progress)
    joined, left = (sum(moved[place] for moved in updated.moved.values()) for place in (1, 2))
    failed = "".join(f" {name}: {why}." for name, why in updated.failed.items())
    return f"{len(updated.moved):,} segments: {joined:,} joined, {left:,} left.{failed}"


def _refresh(shop: Shop, progress: Progress) -> str:
    try:
        done = refresh(shop.db, shop.settings, progress)
    except (NoModel, NotEnoughData) as error:  # a shop that begins, or is quiet: nothing that has to be mended
        return f"Nothing was refreshed: {error}."
    if not done.models:
        return "Nothing was refreshed: the live model fits nothing on the newest events alone."
    return f"{' and '.join(done.models)} of model {done.version} know {done.events:,} of the newest events."


def _build_marts(shop: Shop, progress: Progress) -> str:
    if not is_built(shop.db):
        return "There are none: aisle marts build makes them."
    built = shop.build_marts(progress)
    return f"{built.days:,} days and {sum(built.rows.values()):,} rows were built."


def _watch(shop: Shop, progress: Progress) -> str:
    progress("watch experiments", 0, None, 0)
    return "; ".join(shop.experiments.watch()) or "Nothing had to be done."


def _compare(shop: Shop, progress: Progress) -> str:
    drifts = drift(shop.db, progress)
    beyond = [f"{one.what}: {one.says}" for one in drifts if one.beyond]
    if not beyond:
        return f"{len(drifts)} comparisons, nothing has drifted."
    return f"Drifted: {'; '.join(beyond)}.{_train_again(shop)}"


def _train_again(shop: Shop) -> str:
    """Ask for a training because things have drifted, unless a model is so new that it knows, and say so."""
    trained = shop.models()
    if not shop.settings.worker.train_on_drift or not trained or trained[0].created > now() - NEW_MODEL:
        return ""
    jobs.ask(shop.db, "train", DRIFT)
    return " A training was asked for."


def _watch_model(shop: Shop, _: Progress) -> str:
    """Roll the live model back if the clicks on its shelves fall behind those of the model before."""
    compared = live_and_before(shop.db)
    if compared is None:
        return "No model was live before this one."
    live, before, found = compared
    if found is None:
        return f"Too few clicks on the shelves of model {live} or {before} to compare them."
    says = (
        f"{found.now:.2%} of what model {live} shows is clicked, and {found.before:.2%} was of model {before}: "
        f"{found.change:+.1%} ({found.low:+.1%} to {found.high:+.1%})"
    )
    if not found.has_fallen_behind:
        return f"{says}."
    return f"{says}. Model {shop.rollback()} is live again."


def _clean_up(shop: Shop, progress: Progress) -> str:
    removed = clean_up(shop.db, shop.settings.worker.keep_shelves_days, progress)
    copy_of(shop.settings).forget(shop.db)  # who was erased on another machine leaves this one's copy, too
    return f"{removed:,} old shelves were removed."


def _back_up(shop: Shop, progress: Progress) -> str:
    """Make a backup, and remove all but the newest ones that the worker made."""
    folder = shop.settings.folder / BACKUPS
    folder.mkdir(exist_ok=True)
    file = folder / f"{from_moment(now()):%Y-%m-%d-%H%M%S}.zip"
    copied = shop.backup(file, progress)
    old = sorted(folder.glob("????-??-??-??????.zip"))[: -max(1, shop.settings.worker.backups)]
    for one in old:
        Path(one).unlink(missing_ok=True)
    return f"{BACKUPS}/{file.name} holds {sum(copied.rows.values()):,} rows; {len(old)} older ones were removed."


def _daily(hour: int, moment: int) -> int:
    """Return when an hour of the day last was, in UTC."""
    today = moment - moment % DAY + hour * 60 * MINUTE
    return today if today <= moment else today - DAY


KINDS: Final = (
    Kind(
        "train",
        "train on all events, and go live unless the live model is better",
        _train,
        lambda section, moment: None if section.train_hour == "never" else _daily(section.train_hour, moment),
    ),
    Kind(
        "count",
        "count what the shelves bring, for the KPIs",
        _count,
        lambda section, moment: moment - section.count_minutes * MINUTE if section.count_minutes else None,
    ),
    Kind(
        "refresh",
        "fit trending items and bestsellers anew, on the newest events",
        _refresh,
        lambda section, moment: moment - section.refresh_minutes * MINUTE if section.refresh_minutes else None,
    ),
    Kind(
        "experiments",
        "stop experiments that do harm, and let those that ramp up go on",
        _watch,
        lambda section, moment: moment - section.count_minutes * MINUTE if section.count_minutes else None,
    ),
    Kind(
        "segments",
        "find who belongs to each segment",
        _update_segments,
        lambda section, moment: _daily(section.clean_up_hour, moment),
    ),
    Kind(
        "marts",
        "bring the tables for business intelligence up to date, if there are any",
        _build_marts,
        lambda section, moment: _daily(section.clean_up_hour, moment),
    ),
    Kind(
        "drift",
        "compare the last week with the weeks before",
        _compare,
        lambda section, moment: _daily(section.clean_up_hour, moment),
    ),
    Kind(
        "watch",
        "roll the live model back if the one before was clicked more",
        _watch_model,
        lambda section, moment: _daily(section.clean_up_hour, moment) if section.roll_back else None,
    ),
    Kind(
        "clean-up",
        "remove what was kept for long enough",
        _clean_up,
        lambda section, moment: _daily(section.clean_up_hour, moment),
    ),
    Kind(
        "backup",
        "back up every table and the live model",
        _back_up,
        lambda section, moment: _daily(section.clean_up_hour, moment) if section.backups else None,
    ),
)
"""Every kind; of several that are due, the first comes first."""
