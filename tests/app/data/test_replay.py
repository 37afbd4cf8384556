"""Replay of rejects after a correction: of the mapping, of the date format, or of the rows by hand."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from aisle.app.data.importing import STORES
from aisle.app.data.replay import Replayed
from aisle.app.shop import Shop
from aisle.ingest.api import parse_events
from aisle.ingest.plan import Plan
from aisle.shop.errors import FileError, InputError, NotFound, Refused
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import events
from aisle.storage.log.imports import Origin
from aisle.storage.rows import Rows, Stored, as_tuples

OWN = Plan(table="events")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop.open(tmp_path / "shop") as shop:
        yield shop


def write(tmp_path: Path, name: str, *lines: str) -> Path:
    path = tmp_path / name
    path.write_text("".join(line + "\n" for line in lines))
    return path


def stored(shop: Shop) -> list[tuple[object, ...]]:
    frames = list(events.stream(shop.db, ["event_id", "user_id", "item_id", "event", "timestamp"]))
    return sorted(row for frame in frames for row in frame.rows())


def test_a_wrong_date_format_is_corrected(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "user_id,item_id,timestamp", "u,i,03.04.2024", "v,i,04.04.2024")
    shop.import_files([path], Plan(table="events", date_format="iso"))
    assert shop.replay_rejects(Plan()) == Replayed(2, 0, 2)
    assert "does not match the date format iso or epoch" in shop.rejects()[0][0].reason
    assert shop.replay_rejects(Plan(date_format="%d.%m.%Y")) == Replayed(2, 2, 0, stored=2, number=2)
    assert shop.rejects() == ([], 0)
    replayed = stored(shop)
    shop.import_files([path], Plan(table="events", date_format="%d.%m.%Y"))
    assert stored(shop) == replayed, "the ids are those that the import would have given"


def test_a_wrong_mapping_is_corrected(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "who,what,item_id,timestamp,was", "u,i,,2024-01-01,buy", "u,i,,2024-01-01,buy")
    shop.import_files([path], Plan(table="events", columns={"who": "user_id", "was": "event"}))
    assert shop.replay_rejects(Plan(columns={"nobody": "user_id"})).stays == 2
    assert "no column 'nobody'" in shop.rejects()[0][0].reason
    right = Plan(columns={"who": "user_id", "what": "item_id", "was": "event"})
    assert shop.replay_rejects(right, "a.csv") == Replayed(2, 2, 0, stored=2, number=2)
    assert {row[1:4] for row in stored(shop)} == {("u", "i", "purchase")}


def test_fields_of_requests_may_be_mapped_and_keep_the_time_at_which_they_came(shop: Shop) -> None:
    checked = parse_events(b'{"event": "view", "user_id": "u", "product": "i"}')
    shop.writer.outcomes(shop.submit(checked))
    created = shop.rejects()[0][0].created
    assert shop.replay_rejects(Plan(), "api").stays == 1
    assert "field 'product' is unknown" in shop.rejects()[0][0].reason
    assert shop.replay_rejects(Plan(columns={"product": "item_id"})).left == 1
    assert [row[1:] for row in stored(shop)] == [("u", "i", "view_item", created)]


def test_rows_are_corrected_by_hand(shop: Shop, tmp_path: Path) -> None:
    checked = parse_events(b'[{"event": "view", "user_id": "u", "item": "i"}, {"event": "juggle", "item_id": "i"}]')
    shop.writer.outcomes(shop.submit(checked))
    path = write(tmp_path, "a.csv", "user_id,item_id,timestamp,quantity", "u,j,2024-01-01,many", "u,k,2024-01-01,0")
    shop.import_files([path], OWN)
    exported = tmp_path / "rejects.jsonl"
    assert shop.export_rejects(exported) == 4
    lines = [msgspec.json.decode(line) for line in exported.read_bytes().splitlines()]
    assert {line["reason"] for line in lines} >= {"quantity 'many' is not a whole number"}
    for line in lines:
        line["row"] |= {"quantity": 3} if line["source"] != "api" else {"item_id": line["row"].pop("item", "i")}
    corrected = write(tmp_path, "corrected.jsonl", "", *[msgspec.json.encode(line).decode() for line in lines])
    assert shop.replay_rejects(Plan(), corrected=corrected) == Replayed(4, 3, 1, stored=3, number=2)
    assert [row[2] for row in sorted(stored(shop), key=lambda row: str(row[2]))] == ["i", "j", "k"]
    (left,), count = shop.rejects()
    assert (count, "juggle" in left.raw, "juggle" in left.reason) == (1, True, True)
    with pytest.raises(NotFound, match=r"3 of the rows .* are not rejects, or no longer"):
        shop.replay_rejects(Plan(), corrected=corrected)


def test_a_request_that_is_replayed_twice_is_stored_once(shop: Shop, tmp_path: Path) -> None:
    checked = parse_events(b'{"event": "view", "user_id": "u", "product": "i"}')
    for outcome in (Replayed(1, 1, 0, stored=1, number=1), Replayed(1, 1, 0, duplicate=1, number=2)):
        shop.writer.outcomes(shop.submit(checked))
        assert shop.replay_rejects(Plan(columns={"product": "item_id"})) == outcome


def test_lines_that_are_no_rows_stay_rejects_until_they_are_corrected(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "user_id,item_id,timestamp", "u,i,2024-01-01", "u,i,2024-01-01,1,2,3")
    shop.import_files([path], OWN)
    assert shop.replay_rejects(Plan()).stays == 1
    assert "is no row of named cells" in shop.rejects()[0][0].reason
    row = {"reject": 1, "row": {"user_id": "u", "item_id": "i", "timestamp": "2024-01-02"}}
    corrected = write(tmp_path, "corrected.jsonl", msgspec.json.encode(row).decode())
    assert shop.replay_rejects(Plan(), corrected=corrected).left == 1


def test_rows_of_an_erased_person_leave_without_being_stored(shop: Shop, tmp_path: Path) -> None:
    shop.import_files([write(tmp_path, "a.csv", "who,item_id,timestamp", "7,i,x")], OWN)
    exported = tmp_path / "rejects.jsonl"
    shop.export_rejects(exported)
    shop.erase_user("ghost")
    text = exported.read_text().replace('"who":"7"', '"user_id":"ghost"').replace('"x"', '"2024-01-01"')
    corrected = write(tmp_path, "corrected.jsonl", text)
    assert shop.replay_rejects(Plan(), corrected=corrected) == Replayed(1, 1, 0, erased=1, number=2)


@pytest.mark.parametrize("name", ["b.csv", "api"])
def test_a_source_without_rejects_is_refused_with_the_names_of_the_others(
    shop: Shop, tmp_path: Path, name: str
) -> None:
    shop.import_files([write(tmp_path, "a.csv", "user_id,item_id,timestamp", "u,i,x")], OWN)
    with pytest.raises(NotFound, match=rf"there are no rejects of {name}; there are rejects of: .*a\.csv"):
        shop.replay_rejects(Plan(), name)
    with pytest.raises(NotFound, match="there are no rejects of"):
        shop.export_rejects(tmp_path / "out.jsonl", name)


@pytest.mark.parametrize("line", ["x", '{"reject": "1", "row": {}}', '{"reject": 1}', '{"reject": 1, "row": [1]}'])
def test_a_corrected_file_of_another_shape_is_refused(shop: Shop, tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match=r"line 1: .*aisle rejects export"):
        shop.replay_rejects(Plan(), corrected=write(tmp_path, "corrected.jsonl", line))


def test_a_corrected_file_that_is_missing_or_empty_is_named(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot read"):
        shop.replay_rejects(Plan(), corrected=tmp_path / "nothing.jsonl")
    with pytest.raises(FileError, match="holds no row"):
        shop.replay_rejects(Plan(), corrected=write(tmp_path, "empty.jsonl"))


def test_an_export_overwrites_nothing(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "user_id,item_id,timestamp", "u,i,x")
    shop.import_files([path], OWN)
    with pytest.raises(FileError, match="choose another file"):
        shop.export_rejects(path)


RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def test_rows_of_a_known_log_are_replayed_with_their_items_and_without_their_empty_cells(
    shop: Shop, tmp_path: Path
) -> None:
    rows = ("1,10,Mug,0,2011-01-01 10:00,1.5,7,UK", "2,20,Cup,0,2011-01-01 10:00,1.5,,UK")
    path = write(tmp_path, "a.csv", RETAIL, *rows)
    plan = Plan(format="online-retail")
    shop.import_files([path], plan)
    assert shop.replay_rejects(plan) == Replayed(2, 0, 2, number=2)
    assert {row.reason for row in shop.rejects()[0]} == {"quantity '0' is not positive"}
    file = tmp_path / "rejects.jsonl"
    shop.export_rejects(file)
    file.write_text(file.read_text().replace('"Quantity":"0"', '"Quantity":"3"'))
    assert shop.replay_rejects(plan, corrected=file) == Replayed(2, 2, 0, stored=2, number=3)
    assert {row[1:4] for row in stored(shop)} == {("7", "10", "purchase"), (None, "20", "purchase")}
    assert set(items.get(shop.db, ["10", "20"])) == {"10", "20"}


def test_a_row_without_a_cell_keeps_its_reason_and_can_be_mended(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "who,item_id,timestamp", "u,i,soon", "u,,2024-01-01")
    plan = Plan(columns={"who": "user_id"}, date_format="iso")
    shop.import_files([path], plan)
    assert shop.replay_rejects(plan).stays == 2
    assert "item_id is missing; view_item needs one" in {row.reason for row in shop.rejects()[0]}


def test_a_row_that_is_rejected_again_keeps_its_first_reason(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "user_id,item_id,timestamp", "u,i,03.04.2024")
    shop.import_files([path], Plan(table="events", date_format="iso"))
    for _ in range(2):
        shop.replay_rejects(Plan(date_format="%m/%d/%Y"))
    reason = shop.rejects()[0][0].reason
    assert reason.count("does not match") == 2
    assert reason.endswith("; at first: timestamp '03.04.2024' does not match the date format iso")


def test_a_row_that_the_database_refuses_stops_nobody_else(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.csv", "user_id,item_id,timestamp", "bad,i,03.04.2024", "v,i,04.04.2024")
    shop.import_files([path], Plan(table="events", date_format="iso"))

    def store(db: Database, rows: Rows, origin: Origin) -> Stored:
        if any("bad" in row for row in as_tuples("events", rows)):
            raise Refused("the database has no room for bad")
        return events.store(db, rows, origin)

    monkeypatch.setitem(STORES, "events", store)
    assert shop.replay_rejects(Plan(date_format="%d.%m.%Y")) == Replayed(2, 1, 1, stored=1, number=2)
    assert shop.rejects()[0][0].reason.startswith("the database has no room for bad; at first: ")


def test_a_replay_is_an_import_that_can_be_taken_back(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "user_id,item_id,timestamp", "u,i,2024-01-01", "v,i,03.04.2024")
    shop.import_files([path], Plan(table="events", date_format="iso"))
    shop.replay_rejects(Plan(date_format="%d.%m.%Y"))
    replayed = shop.imports()[0]
    assert (replayed.number, replayed.files) == (2, [f"rejects of {path}"])
    assert replayed.options == ["--date-format", "%d.%m.%Y"]
    assert replayed.finished is not None
    assert (replayed.counts["events"]["read"], replayed.counts["events"]["stored"]) == (1, 1)
    assert shop.undo_import(2)["events"].removed == 1
    assert [row[1] for row in stored(shop)] == ["u"]


def test_a_replay_that_stores_nothing_is_no_import(shop: Shop, tmp_path: Path) -> None:
    shop.import_files([write(tmp_path, "a.csv", "user_id,item_id,timestamp", "v,i,x")], OWN)
    assert shop.replay_rejects(Plan()).number is None
    assert len(shop.imports()) == 1


def test_a_later_import_finds_what_a_replay_stored_in_another_reading(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "user_id,item_id,timestamp,Preis", "v,i,03.04.2024,5")
    shop.import_files([path], Plan(table="events", date_format="iso"))
    shop.replay_rejects(Plan(date_format="%d.%m.%Y"))
    again = shop.import_files([path], Plan(columns={"Preis": "price"}, date_format="%d.%m.%Y"))
    assert again.tables["events"].repaired == 1
