"""From ranked candidates to a shelf: rules, boosts, diversity, fallback. No model is asked here."""
