"""The console: what the shop's team sees and steers, at `/console`.

A page is added in four steps:

1. A module here: a subclass of `Page` with `LINK` (its place in the navigation), `WAYS` (method, path and scope of
   each of its routes) and `add_to(self, app)`. It reads from the shop by `self._frame.live`, shows itself by
   `self._frame.show(request, "console/….html", …)`, and ends a form by `self._frame.done(request, path, text)`. Polars,
   `insights` and `report` are imported in the functions that need them: a serving process starts without them.
2. A template in `web/templates/console`, which extends `console/base.html` and uses the macros of `console/parts.html`:
   `card`, `table`, `filters`, `form`, `empty` and `symbol`; and `drawn` of `macros.html` for charts.
3. One line in `pages.py`, here: from it come the navigation, the table of routes and the routes themselves.
4. A test in `tests/web/console/`, whose `test_roles.py` finds the page itself.

A page's filters are in its address and nowhere else (`parts/filters.py`, here): `frame.view(request, PERIOD, BRAND)`.
"""
