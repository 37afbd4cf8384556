"""Files and requests in, checked batches out: read, mapped and validated by one set of rules. Nothing is stored."""

from aisle.ingest.api import parse_events
from aisle.ingest.batch import Batch
from aisle.ingest.guessing.guess import Guess, guess
from aisle.ingest.ingest import read_files, read_frame
from aisle.ingest.plan import Plan
from aisle.shop.rejects import Reject

__all__ = ["Batch", "Guess", "Plan", "Reject", "guess", "parse_events", "read_files", "read_frame"]
