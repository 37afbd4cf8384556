"""Files to raw batches: delimited text, JSON lines, Parquet and Excel, each read in pieces."""

from aisle.ingest.readers.read import columns_of, read
from aisle.ingest.readers.text import Layout

__all__ = ["Layout", "columns_of", "read"]
