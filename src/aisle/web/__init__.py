"""HTTP: the API and the page. It calls `app` and computes nothing itself."""
