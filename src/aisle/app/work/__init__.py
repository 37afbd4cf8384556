"""What a shop does by itself: jobs, when they are due, and the worker that does them one after the other."""
