"""The tables of the shop's database. Their columns and types come from `shop.columns`; a migration makes them."""

from aisle.storage.tables.base import OPTIONS, metadata, row_columns
from aisle.storage.tables.catalogue import item_changes, item_history, items
from aisle.storage.tables.log import event_changes, events, import_changes, imports, interactions, rejects, reviews
from aisle.storage.tables.shelves import (
    drift,
    impressions,
    item_days,
    mail_shelves,
    paged_shelves,
    recommendations,
    segment_days,
    shelf_days,
    shop_days,
)
from aisle.storage.tables.shoppers import erased, merged, segment_members, segments, users
from aisle.storage.tables.steering import experiments, placement_rules, rule_drafts
from aisle.storage.tables.work import jobs, leases, models, trainings

__all__ = [
    "OPTIONS",
    "drift",
    "erased",
    "event_changes",
    "events",
    "experiments",
    "import_changes",
    "imports",
    "impressions",
    "interactions",
    "item_changes",
    "item_days",
    "item_history",
    "items",
    "jobs",
    "leases",
    "mail_shelves",
    "merged",
    "metadata",
    "models",
    "paged_shelves",
    "placement_rules",
    "recommendations",
    "rejects",
    "reviews",
    "row_columns",
    "rule_drafts",
    "segment_days",
    "segment_members",
    "segments",
    "shelf_days",
    "shop_days",
    "trainings",
    "users",
]
