"""Build hook: take the page's browser files from PyPI wheels. So the page needs no CDN, and the repository no copies.

The wheels are named in `build-system.requires` and nowhere else; Aisle does not need them at run time. Their licences
are in `src/aisle/web/static/licences.txt`.
"""

from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR: Final = "src/aisle/web/static/vendor"

FILES: Final[dict[str, tuple[str, str]]] = {
    "tabler.min.css": ("sqladmin", "sqladmin/statics/css/tabler.min.css"),
    "htmx.min.js": ("django-htmx", "django_htmx/static/django_htmx/htmx-2.min.js"),
    "lucide.zip": ("lucide", "lucide/lucide.zip"),
    "source-sans-semibold.ttf": ("font-source-sans-pro", "font_source_sans_pro/files/SourceSansPro-Semibold.ttf"),
}
"""The file name on the page → the wheel, and the path in it."""


CHARTS: Final = ("vega.js", "vl-convert-python")
"""The file that draws charts, and the wheel that makes it: Vega, Vega-Lite and Vega-Embed in one."""


class BrowserFiles(BuildHookInterface[Any]):
    """Puts the files into the source tree, for editable installs, and into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's signature)
        """Copy files that are missing or of another version, before hatchling collects them."""
        vendor = Path(self.root, VENDOR)
        vendor.mkdir(parents=True, exist_ok=True)
        for name, (wheel, path) in FILES.items():
            content = Path(str(distribution(wheel).locate_file(path))).read_bytes()
            target = vendor / name
            if not target.exists() or target.read_bytes() != content:
                target.write_bytes(content)
        _bundle_charts(vendor)
        build_data["artifacts"].append(f"{VENDOR}/*")


def _bundle_charts(vendor: Path) -> None:
    """Make the file that draws charts, unless it is there: that takes ten seconds."""
    name, wheel = CHARTS
    target = vendor / name
    head = f"/* Vega, Vega-Lite and Vega-Embed, bundled by {wheel} {version(wheel)}; licences in licences.txt */\n"
    if target.exists() and target.read_text(encoding="utf-8").startswith(head):
        return
    import vl_convert

    # The bundle names its parts in the outermost scope, where they would be in the way of other scripts.
    target.write_text(f"{head}(() => {{\n{vl_convert.javascript_bundle()}\n}})();\n", encoding="utf-8")
