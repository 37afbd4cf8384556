"""One request in memory: candidates, ranking, rules, shelf. No training, no database, no HTTP."""
