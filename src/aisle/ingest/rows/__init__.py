"""The few events of a request, read and checked one by one: no columns, no Polars."""
