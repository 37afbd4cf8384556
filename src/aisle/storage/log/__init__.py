"""What shoppers did and wrote: stored once, corrected, taken back and deleted."""
