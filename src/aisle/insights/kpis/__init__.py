"""What the shelves bring the shop: who saw, clicked, bought and sent back what, and on which shelf it stood."""
