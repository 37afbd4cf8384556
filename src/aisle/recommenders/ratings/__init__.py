"""Models of star ratings: baselines, factors, neighbours. They predict stars on the shop's own scale."""
