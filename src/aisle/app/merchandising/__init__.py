"""How the team steers shelves: what is published, drafts, and what a change would do."""
