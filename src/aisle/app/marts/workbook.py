"""A Tableau workbook to start with: a source for each fact with its dimensions, and some sheets."""

from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from aisle.shop import marts
from aisle.shop.marts import Mart

_DATATYPES: Final = {
    "str": "string",
    "int64": "integer",
    "float64": "real",
    "bool": "boolean",
    "day": "date",
    "money": "real",
}
_CONTINUOUS: Final = ("integer", "real")
_NUMBERED: Final = ("model_version", "year", "quarter", "month", "week", "weekday", "place")
"""Numbers that are not added up."""


class Sheet(NamedTuple):
    """A sheet of bars or lines."""

    name: str
    mart: Mart
    mark: str
    across: str
    """What stands on the columns."""
    up: str
    """What is added up on the rows."""
    colour: str | None = None


SHEETS: Final = (
    Sheet("Revenue by day", marts.SALES, "Line", "day", "revenue", "currency"),
    Sheet("Visitors by day", marts.VISITS, "Line", "day", "visitors"),
    Sheet("Clicks by placement", marts.SHELVES, "Bar", "placement", "clicks", "strategy"),
    Sheet("Revenue by item", marts.ITEM_SALES, "Bar", "item_id", "revenue", "currency"),
    Sheet("Members of segments", marts.USER_SEGMENTS, "Bar", "segment", "user_id"),
)


def workbook(extract: str) -> str:
    """Return the workbook, as the text of a `.twb` file that lies beside the extract."""
    book = ET.Element("workbook", {"source-build": "2023.1.0", "source-platform": "win", "version": "18.1"})
    sources = ET.SubElement(book, "datasources")
    for mart in marts.MARTS:
        _add_source(sources, mart, extract)
    sheets = ET.SubElement(book, "worksheets")
    for sheet in SHEETS:
        _add_sheet(sheets, sheet)
    windows = ET.SubElement(book, "windows")
    for sheet in SHEETS:
        ET.SubElement(windows, "window", {"class": "worksheet", "name": sheet.name})
    ET.indent(book)
    return ET.tostring(book, encoding="unicode", xml_declaration=True) + "\n"


def _add_source(sources: ET.Element, mart: Mart, extract: str) -> None:
    source = ET.SubElement(
        sources,
        "datasource",
        {"caption": mart.name, "inline": "true", "name": f"federated.{mart.name}", "version": "18.1"},
    )
    federated = ET.SubElement(source, "connection", {"class": "federated"})
    named = ET.SubElement(federated, "named-connections")
    one = ET.SubElement(named, "named-connection", {"caption": extract, "name": f"hyper.{mart.name}"})
    ET.SubElement(
        one,
        "connection",
        {
            "authentication": "auth-none", "author-locale": "en_US", "class": "hyper", "dbname": extract,
            "default-settings": "yes", "schema": "public", "sslmode": "", "tablename": mart.name,
            "username": "tableau_internal_user",
        },
    )  # fmt: skip
    table = {"name": mart.name, "table": f"[public].[{mart.name}]", "type": "table"}
    ET.SubElement(federated, "relation", {"connection": f"hyper.{mart.name}", **table})
    for name in mart.columns:
        ET.SubElement(source, "column", _column(mart, name))


def _column(mart: Mart, name: str) -> dict[str, str]:
    datatype = _DATATYPES[mart.columns[name][0]]
    measure = datatype in _CONTINUOUS and name not in _NUMBERED
    return {
        "caption": name.replace("_", " "),
        "datatype": datatype,
        "name": f"[{name}]",
        "role": "measure" if measure else "dimension",
        "type": "quantitative" if measure else "ordinal" if datatype in ("date", "integer") else "nominal",
    }


def _add_sheet(sheets: ET.Element, sheet: Sheet) -> None:
    name = f"federated.{sheet.mart.name}"
    table = ET.SubElement(ET.SubElement(sheets, "worksheet", {"name": sheet.name}), "table")
    view = ET.SubElement(table, "view")
    used = ET.SubElement(view, "datasources")
    ET.SubElement(used, "datasource", {"caption": sheet.mart.name, "name": name})
    needed = ET.SubElement(view, "datasource-dependencies", {"datasource": name})
    fields = [sheet.across, sheet.up, *([sheet.colour] if sheet.colour else [])]
    for field in fields:
        ET.SubElement(needed, "column", _column(sheet.mart, field))
    across, up = _instance(sheet, sheet.across), _instance(sheet, sheet.up)
    instances = [across, up, *([_instance(sheet, sheet.colour)] if sheet.colour else [])]
    for instance in instances:
        ET.SubElement(needed, "column-instance", instance)
    ET.SubElement(view, "aggregation", {"value": "true"})
    ET.SubElement(table, "style")
    pane = ET.SubElement(ET.SubElement(table, "panes"), "pane")
    ET.SubElement(ET.SubElement(pane, "view"), "breakdown", {"value": "auto"})
    ET.SubElement(pane, "mark", {"class": sheet.mark})
    if sheet.colour:
        encodings = ET.SubElement(pane, "encodings")
        ET.SubElement(encodings, "color", {"column": f"[{name}].{instances[-1]['name']}"})
    ET.SubElement(table, "rows").text = f"[{name}].{up['name']}"
    ET.SubElement(table, "cols").text = f"[{name}].{across['name']}"


def _instance(sheet: Sheet, field: str) -> dict[str, str]:
    """Return how a sheet uses a column: added up, counted, or as it is."""
    column = _column(sheet.mart, field)
    if field == sheet.up:
        how, short = ("Sum", "sum") if column["role"] == "measure" else ("CountD", "ctd")
        kind, mark = "quantitative", "qk"
    else:
        how, short = "None", "none"
        kind, mark = (column["type"], {"nominal": "nk", "ordinal": "ok"}[column["type"]])
    return {
        "column": column["name"], "derivation": how, "name": f"[{short}:{field}:{mark}]", "pivot": "key", "type": kind,
    }  # fmt: skip
