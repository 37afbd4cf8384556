"""What opens the shop's doors: keys, secrets, and the people of the shop."""
