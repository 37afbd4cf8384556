"""Models of the order in which shoppers do things: rules and sessions."""
