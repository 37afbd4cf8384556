"""HTTP: the API and the pages. It asks `app`, and computes nothing itself."""
