"""The door: what comes in as files or requests is read, named and checked here, once. It stores nothing."""

from aisle.door.api import parse_events
from aisle.door.batch import Batch, Reject
from aisle.door.door import read_files, read_frame
from aisle.door.guess import Guess, guess
from aisle.door.plan import Plan

__all__ = ["Batch", "Guess", "Plan", "Reject", "guess", "parse_events", "read_files", "read_frame"]
