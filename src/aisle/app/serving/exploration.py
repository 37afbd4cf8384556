"""How much of a shelf explores: what the placement's rules say, for shoppers who are known, up to their cap."""

from hashlib import blake2b
from typing import Final

from aisle.app.serving.profiles import Profile
from aisle.engine.placement import Placement
from aisle.engine.request import ShelfRequest
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.storage.connection import Database
from aisle.storage.shelves import impressions

SHELVES: Final = 100
"""So many of a shopper's newest shelves are looked at for their cap."""


def share_to_explore(db: Database, request: ShelfRequest, placement: Placement, profile: Profile) -> float:
    """Return the share of places that explores; 0 for whom nothing is known, and while the database is away."""
    rules = placement.rules
    known = request.explore and request.user_id and profile.events and not profile.away
    if not rules.explore or not known:
        return 0.0
    since = moments.now() - moments.DAY
    try:
        before = impressions.explored(db, str(request.user_id), placement.name, since, SHELVES)
    except StorageError:
        return 0.0
    return rules.explore if before < rules.explore_per_day else 0.0


def seed_of(recommendation_id: str) -> int:
    """Return what a shelf is drawn with: pages of one shelf are drawn alike, and no two shelves."""
    return int.from_bytes(blake2b(recommendation_id.encode(), digest_size=8).digest())
