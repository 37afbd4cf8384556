"""Drawn pictures of items that have none: a scene with an icon of the thing, or the cover of a book."""
