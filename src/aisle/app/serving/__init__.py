"""What live requests need: the live model, the catalogue, shelves and reasons. Nothing here trains."""
