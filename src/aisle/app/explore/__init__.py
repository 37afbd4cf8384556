"""Looking at one shopper or one item: what is known, what every shelf shows and why. Nothing here is written."""
