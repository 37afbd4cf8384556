"""People: what is stored of one, and two ids that are one person."""

from typing import Annotated, Any, Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from msgspec import Meta, Struct

from aisle.app.data.people import erase_person, export_person
from aisle.app.serve import Live
from aisle.app.serving.erasure_watch import FORGOTTEN_SECONDS
from aisle.shop.ids import check_id
from aisle.shop.moments import SECOND, from_moment, now
from aisle.storage.shoppers import merges
from aisle.web.access.caller import Caller
from aisle.web.schemas import Id

_MERGES: Final = CapacityLimiter(2)
"""How many merges may wait for the database at a time: in threads of their own, so that shelves keep theirs."""


class Merge(Struct, frozen=True, forbid_unknown_fields=True):
    """Two ids of one person: the one before signing in, and the known user's."""

    anonymous_id: Id | int
    user_id: Id | int

    def ids(self) -> tuple[str, str]:
        """Return the two ids.

        Raises
        ------
        IdError
            If one is not a valid id.
        """
        return check_id(str(self.anonymous_id), "anonymous_id"), check_id(str(self.user_id), "user_id")


class Merged(Struct, frozen=True):
    """Two ids that now belong to one person."""

    anonymous_id: str
    user_id: str
    rows: Annotated[
        dict[str, int],
        Meta(
            description="The number of rows of each table that moved to user_id, or were removed to be computed again."
        ),
    ]


async def merge(live: Live, _caller: Caller, given: Merge) -> Merged:
    """Give what a visitor did before signing in to the known user."""
    anonymous_id, user_id = given.ids()
    receipt = await run_sync(merges.merge, live.db, anonymous_id, user_id, limiter=_MERGES)
    return Merged(anonymous_id, user_id, receipt.rows)


class Unmerged(Struct, frozen=True):
    """Ids that are a person of their own again."""

    anonymous_id: str
    user_id: str
    ids: Annotated[list[str], Meta(description="The anonymous id, and those that were merged into it.")]
    rows: Annotated[
        dict[str, int],
        Meta(description="The number of rows of each table that went back, or were removed to be computed again."),
    ]


async def unmerge(live: Live, _caller: Caller, given: Merge) -> Unmerged:
    """Undo a merge: what came in under the anonymous id, before it and since, is its own again."""
    anonymous_id, user_id = given.ids()
    receipt = await run_sync(merges.unmerge, live.db, anonymous_id, user_id, limiter=_MERGES)
    return Unmerged(anonymous_id, user_id, list(receipt.ids), receipt.rows)


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """The person whom a request is about."""

    user_id: Annotated[Id, Meta(description="Their id in the shop.")]


class ErasureReceipt(Struct, frozen=True):
    """What was removed of a person."""

    user_id: str
    ids: Annotated[list[str], Meta(description="This id, and those that were merged into it.")]
    rows: Annotated[dict[str, int], Meta(description="The number of rows that were removed of each table.")]
    tombstones: Annotated[int, Meta(description="How many ids no import and no backup brings back.")]
    erased: Annotated[str, Meta(description="When, as ISO 8601.")]
    forgotten: Annotated[str, Meta(description="When no process remembers the person any more, as ISO 8601.")]


def export(live: Live, _caller: Caller, given: Person) -> dict[str, Any]:
    """Return everything that is stored about a person, by table."""
    return export_person(live.db, check_id(given.user_id, "user_id"))


def erase(live: Live, _caller: Caller, given: Person) -> ErasureReceipt:
    """Remove a person from every table, for good."""
    receipt = erase_person(live.db, live.settings, given.user_id)
    return ErasureReceipt(
        receipt.user_id,
        list(receipt.ids),
        receipt.rows,
        len(receipt.ids),
        from_moment(receipt.moment).isoformat(),
        from_moment(now() + FORGOTTEN_SECONDS * SECOND).isoformat(),
    )
