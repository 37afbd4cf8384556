"""What the second stage learns: which candidates to keep, what is known of items, how to order them."""
