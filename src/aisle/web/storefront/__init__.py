"""The storefront: the demo shop, and a preview for a real one. Pages only; what is on a shelf is decided below."""
