"""Tables to pages: what was measured, for people, as files that need nothing else."""
