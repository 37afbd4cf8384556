"""What a shop does by itself, who may do it alone, and the models that come of it."""
