"""The doors: who calls, what they may call, from where and how often."""
