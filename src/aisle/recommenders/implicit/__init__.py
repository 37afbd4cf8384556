"""Models of what shoppers do: factors, neighbours, graphs, baskets. They rank, and predict no stars."""
