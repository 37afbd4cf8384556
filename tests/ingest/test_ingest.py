"""Files in, checked rows out: what is accepted, what is rejected, and why."""

import gzip
import re
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aisle.ingest.identity import Earlier
from aisle.ingest.ingest import read_files, read_frame
from aisle.ingest.plan import Plan
from aisle.shop.columns import EVENTS, TABLES
from aisle.shop.errors import AisleError, FileError, FormatError
from aisle.shop.schemas import schema_of
from tests.ingest.files import HEADER, NOW, ingest, write

GOOD = "purchase,u1,i1,2020-01-01T00:00:00Z,2,9.99,"


def test_a_good_row_is_typed(tmp_path: Path) -> None:
    outcome = ingest(write(tmp_path / "a.csv", HEADER, GOOD))
    row = outcome.events.row(0, named=True)
    assert re.fullmatch(r"[0-9a-f]{32}", row.pop("event_id"))
    assert {name: value for name, value in row.items() if value is not None} == {
        "event": "purchase",
        "user_id": "u1",
        "item_id": "i1",
        "quantity": 2,
        "price": 9_990_000,
        "timestamp": 1_577_836_800_000_000,
    }
    assert outcome.events.schema == schema_of(EVENTS)
    assert outcome.read == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("juggle,u,i,2020-01-01,1,1,", "event 'juggle' is unknown; known are view_item_list, "),
        (",u,i,2020-01-01,1,1,", "event is missing"),
        ("buy,u,,2020-01-01,1,1,", "item_id is missing; purchase needs one"),
        ("rate,u,i,2020-01-01,,,", "rating is missing; rate needs one"),
        ("rate,u,i,2020-01-01,,,101", "rating '101' is not between 0 and 100"),
        ("rate,u,i,2020-01-01,,,inf", "rating 'inf' is not a finite number"),
        ("rate,u,i,2020-01-01,,,NaN", "rating 'NaN' is not a finite number"),
        ("buy,u,i,2020-01-01,0,1,", "quantity '0' is not positive"),
        ("buy,u,i,2020-01-01,-3,1,", "quantity '-3' is not positive"),
        ("buy,u,i,2020-01-01,1.5,1,", "quantity '1.5' is not a whole number"),
        ("buy,u,i,2020-01-01,nan,1,", "quantity 'nan' is not a whole number"),
        ("buy,u,i,2020-01-01,1000001,1,", "quantity '1000001' is above 1,000,000"),
        ("buy,u,i,2020-01-01,1,-1,", "price '-1' is negative"),
        ("buy,u,i,2020-01-01,1,nan,", "price 'nan' is not an amount of money"),
        ("buy,u,i,2020-01-01,1,inf,", "price 'inf' is not an amount of money"),
        ("buy,u,i,,1,1,", "timestamp is missing"),
        ("buy,u,i,1970-01-01,1,1,", "timestamp '1970-01-01' is before 2000"),
        ("buy,u,i,2200-01-01,1,1,", "timestamp '2200-01-01' is more than 24 hours ahead"),
        ("buy,u,i,31/12/2020,1,1,", "timestamp '31/12/2020' does not match the date format iso"),
        (f"buy,u,{'x' * 300},2020-01-01,1,1,", f"item_id '{'x' * 60}…' has more than 256 bytes"),
        (f"buy,{'é' * 129},i,2020-01-01,1,1,", f"user_id '{'é' * 60}…' has more than 256 bytes"),
        ("buy,u\x07,i,2020-01-01,1,1,", "user_id 'u\ufffd' holds a control character"),
        ("buy,u,i\x00,2020-01-01,1,1,", "item_id 'i\ufffd' holds a control character"),
        (f"buy,{'x' * 5_000_000},i,2020-01-01,1,1,", f"user_id '{'x' * 60}…' has more than 256 bytes"),
    ],
)
def test_a_bad_row_is_rejected_with_line_and_reason_and_the_rest_goes_on(tmp_path: Path, row: str, reason: str) -> None:
    path = write(tmp_path / "a.csv", HEADER, GOOD, row, GOOD)
    outcome = ingest(path)
    assert outcome.events.height == 2
    (reject,) = outcome.rejects
    assert (reject.source, reject.line, reject.table) == (str(path), 3, "events")
    assert reject.reason.startswith(reason)
    assert len(reject.raw) <= 32 * 1024


def test_the_first_broken_rule_counts(tmp_path: Path) -> None:
    outcome = ingest(write(tmp_path / "a.csv", HEADER, "juggle,u,,1970-01-01,0,-1,200"))
    assert outcome.reasons[0].startswith("event 'juggle'")


def test_a_text_of_5_mb_is_rejected(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "item_id,title", "a," + "x" * 5_000_000, "b,y")
    outcome = ingest(path, Plan(table="items"))
    assert outcome.accepted["items"]["item_id"].to_list() == ["b"]
    assert outcome.reasons == [f"title '{'x' * 60}…' has more than 32 KB"]


def test_all_good_rows_of_a_file_of_odd_lines_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [HEADER, GOOD, "buy,u", 'buy,"u,i,2020-01-01,1,1,', GOOD]
    path.write_bytes("\n".join(lines).encode() + b"\nbuy,\xff,i,2020-01-01,1,1,\n")
    outcome = ingest(path)
    assert outcome.events.height == 2
    assert outcome.lines == [3, 4, 6]
    assert outcome.read == 5


def test_double_lines_survive_with_ids_of_their_own(tmp_path: Path) -> None:
    events = ingest(write(tmp_path / "a.csv", HEADER, GOOD, GOOD)).events
    assert events["event_id"].n_unique() == 2


@pytest.mark.parametrize("rows", [1, 2, 50_000])
def test_the_same_file_gives_the_same_ids_however_it_is_cut_and_called(tmp_path: Path, rows: int) -> None:
    lines = [HEADER, GOOD, GOOD, GOOD.replace("u1", "u2"), GOOD]
    first = ingest(write(tmp_path / "a.csv", *lines)).events
    second = ingest(write(tmp_path / "b.csv.gz", *lines), rows=rows).events
    assert first["event_id"].to_list() == second["event_id"].to_list()


def test_overlapping_exports_share_ids_also_in_one_import(tmp_path: Path) -> None:
    rows = [GOOD.replace("u1", f"u{number}") for number in range(4)]
    paths = [write(tmp_path / "a.csv", HEADER, *rows[:3]), write(tmp_path / "b.csv", HEADER, *rows[1:])]
    events = ingest(paths).events
    assert (events.height, events["event_id"].n_unique()) == (6, 4)


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER, GOOD)
    assert ingest([path, path]).read == 1


def test_a_row_has_one_id_whatever_format_reads_it(tmp_path: Path) -> None:
    path = write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp", "1,2,4.5,1433222501")
    own = Plan(columns={"userId": "user_id", "movieId": "item_id"})
    assert len({ingest(path, plan).events["event_id"][0] for plan in (own, Plan(format="movielens"))}) == 1


SPELLINGS = {
    "plain": ("user_id,item_id,event,timestamp,price", "{user},{item},purchase,{day} 10:00:00,{price}.00"),
    "other order": ("price,timestamp,event,item_id,user_id", "{price}.00,{day} 10:00:00,purchase,{item},{user}"),
    "another column": ("user_id,item_id,event,timestamp,price,note", "{user},{item},purchase,{day} 10:00:00,{price},x"),
    "T and Z": ("user_id,item_id,event,timestamp,price", "{user},{item},purchase,{day}T10:00:00Z,{price}.00"),
    "no cents": ("user_id,item_id,event,timestamp,price", "{user},{item},purchase,{day} 10:00:00,{price}"),
    "semicolons": ("user_id;item_id;event;timestamp;price", "{user};{item};purchase;{day} 10:00:00;{price},00"),
    "other names": ("Customer ID,product_id,event,Timestamp,price", "{user},{item},buy,{day} 11:00:00+01:00,{price}.0"),
}
ORDERS = [
    {"user": "u1", "item": "i1", "day": "2024-01-05", "price": "5"},
    {"user": "u2", "item": "i1", "day": "2024-01-05", "price": "5"},
    {"user": "u1", "item": "i2", "day": "2024-01-06", "price": "12"},
]


def spelled(folder: Path, name: str) -> Path:
    header, line = SPELLINGS[name]
    return write(folder / f"{name}.csv", header, *(line.format(**order) for order in ORDERS))


def test_seven_spellings_of_a_row_have_one_id(tmp_path: Path) -> None:
    ids = {name: ingest(spelled(tmp_path, name)).events["event_id"].to_list() for name in SPELLINGS}
    assert len(set(ids["plain"])) == 3
    assert all(some == ids["plain"] for some in ids.values()), ids


def test_given_event_ids_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER + ",event_id", GOOD + ",mine", GOOD + ",")
    ids = ingest(path).events["event_id"].to_list()
    assert ids[0] == "mine"
    assert len(ids[1]) == 32


def test_cells_that_only_look_alike_when_joined_are_different(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "item_id,timestamp,user_id", 'a,2020-01-01,"b;x=1:c"', 'a,2020-01-01,"b"')
    assert ingest(path).events["event_id"].n_unique() == 2


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((HEADER, GOOD, GOOD), ["52f32a52ab102b4a479b80f886cbfc9f", "07c2201f87aed9fb869a83e7d6ad50d9"]),
        (("item_id,timestamp,user_id", "a,2020-01-01,b"), ["e1b29468974fafc6b28626c606b1162d"]),
    ],
)
def test_rows_of_the_first_version_are_known_by_their_cells(
    tmp_path: Path, lines: tuple[str, ...], expected: list[str]
) -> None:
    path = write(tmp_path / "a.csv", *lines)
    (batch,) = read_files([path], Plan(), now=NOW, earlier=Earlier(raw_cells=True))
    assert batch.aliases["alias_0"].to_list() == expected


def test_rows_have_the_ids_that_an_earlier_reading_gave_them(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "wer,item_id,timestamp,preis", "u,a,2020-01-01,5", "v,a,2020-01-01,7")
    poor, rich = Plan(columns={"wer": "user_id"}), Plan(columns={"wer": "user_id", "preis": "price"})
    (before,) = read_files([path], poor, now=NOW)
    assert before.reading is not None
    (after,) = read_files([path], rich, now=NOW, earlier=Earlier([before.reading]))
    assert after.accepted["event"].to_list() == ["purchase"] * 2
    assert after.aliases["alias_0"].to_list() == before.accepted["event_id"].to_list()
    (again,) = read_files([path], poor, now=NOW, earlier=Earlier([before.reading]))
    assert again.aliases.is_empty()


def test_the_column_format_is_kept_over_batches(tmp_path: Path) -> None:
    rows = [GOOD.replace("2020-01-01T00:00:00Z", day) for day in ("31/01/2020", "01/02/2020", "02/13/2020")]
    outcome = ingest(write(tmp_path / "a.csv", HEADER, *rows), rows=1)
    assert outcome.reasons == ["timestamp '02/13/2020' does not match the date format %d/%m/%Y"]
    assert outcome.events["timestamp"].diff().drop_nulls().to_list() == [86_400_000_000]


def test_the_plans_date_format_and_timezone_are_used(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER, GOOD.replace("2020-01-01T00:00:00Z", "02/01/2020 12:00"))
    plan = Plan(date_format="%m/%d/%Y %H:%M", timezone="Europe/Helsinki")
    assert ingest(path, plan).events["timestamp"].to_list() == [1_580_551_200_000_000]


def test_names_and_aliases_are_taken_and_the_plan_names_others(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Customer,product_id,Timestamp,junk", "u,i,2020-01-01,x")
    events = ingest(path, Plan(columns={"Customer": "user_id"})).events
    assert events.select("user_id", "item_id", "event").rows() == [("u", "i", "view_item")]


def test_our_own_name_comes_before_an_alias(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "product_id,item_id,timestamp", "alias,own,2020-01-01")
    assert ingest(path).events["item_id"].to_list() == ["own"]


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        ("price", "1", "purchase"),
        ("transaction_id", "o", "purchase"),
        ("rating", "5", "rate"),
        ("placement", "p", "view_item"),
    ],
)
def test_a_log_without_kinds_is_taken_for_what_its_columns_suggest(
    tmp_path: Path, header: str, row: str, kind: str
) -> None:
    path = write(tmp_path / "a.csv", f"user_id,item_id,timestamp,{header}", f"u,i,2020-01-01,{row}")
    assert ingest(path).events["event"].to_list() == [kind]


def test_items_users_and_reviews_are_read_as_such(tmp_path: Path) -> None:
    items = write(tmp_path / "i.csv", "product_id,name,price,hidden,stock", 'a,"A, b",£5,yes,3', "b,B,,no,", ",C,,,")
    users = write(tmp_path / "u.csv", "customer_id,attributes", 'u,"{""a"": 1}"', 'v,"[1]"', "w,{")
    reviews = write(tmp_path / "r.csv", "item_id,rating,text,timestamp", "a,5,fine,", "a,,,", "a,4,,1999-01-01")
    read_items = ingest(items, Plan(table="items"))
    assert read_items.accepted["items"].select("item_id", "title", "price", "hidden", "stock").rows() == [
        ("a", "A, b", 5_000_000, True, 3),
        ("b", "B", None, False, None),
    ]
    assert read_items.reasons == ["item_id is missing"]
    read_users = ingest(users, Plan(table="users"))
    assert read_users.accepted["users"]["user_id"].to_list() == ["u"]
    assert read_users.reasons == ["attributes '[1]' is not a JSON object", "attributes '{' is not a JSON object"]
    read_reviews = ingest(reviews, Plan(table="reviews"))
    assert read_reviews.accepted["reviews"]["text"].to_list() == ["fine"]
    assert len(read_reviews.accepted["reviews"]["review_id"][0]) == 32
    assert read_reviews.reasons == [
        "the review has neither a rating nor a text",
        "timestamp '1999-01-01' is before 2000",
    ]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_variants_and_availability_are_read_from_every_kind_of_file(tmp_path: Path, ending: str) -> None:
    words = {"id": ["a", "b"], "item_group_id": ["mugs", None], "availability": ["in stock", "out of stock"]}
    frame, path = pl.DataFrame(words).rename({"id": "item_id"}), tmp_path / f"items.{ending}"
    getattr(frame, {"csv": "write_csv", "jsonl": "write_ndjson", "parquet": "write_parquet"}[ending])(path)
    items = ingest(path, Plan(table="items")).accepted["items"]
    assert items.select("item_id", "item_group_id", "in_stock").rows() == [("a", "mugs", True), ("b", None, False)]


def test_an_unknown_column_in_the_map_names_those_there_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER, GOOD)
    with pytest.raises(FormatError, match=r"has no column 'Nope'; it has event, user_id"):
        ingest(path, Plan(columns={"Nope": "user_id"}))


def test_a_file_without_a_column_that_is_needed_says_how_to_map_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "who,what", "u,i")
    with pytest.raises(FormatError, match=r"has the columns who, what; .*--map COLUMN=item_id --map COLUMN=timestamp"):
        ingest(path)


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(FileError, match="no file is given"):
        list(read_files([], Plan()))


def test_frames_are_read_like_files() -> None:
    frame = pl.DataFrame(
        {"user_id": [1, 2], "item_id": ["a", None], "price": [1.1, 2.2], "timestamp": ["2020-01-01"] * 2}
    )
    (batch,) = read_frame(frame, Plan(), now=NOW)
    assert batch.accepted.select("user_id", "price").rows() == [("1", 1_100_000)]
    assert [(reject.source, reject.line) for reject in batch.rejects] == [("frame", 2)]


def test_frames_may_be_of_a_known_format() -> None:
    frame = pl.DataFrame({"userId": [1], "movieId": [2], "rating": [4.5], "timestamp": [1433222501]})
    (batch,) = read_frame(frame, Plan(format="movielens"), now=NOW)
    assert batch.accepted["rating"].to_list() == [4.5]


def test_a_format_of_several_files_takes_no_frame() -> None:
    with pytest.raises(FormatError, match="reads several files together"):
        list(read_frame(pl.DataFrame({"order_id": ["a"]}), Plan(format="olist"), now=NOW))


def test_a_frame_that_cannot_be_text_is_refused() -> None:
    frame = pl.DataFrame({"item_id": [b"\xff"], "timestamp": ["2020-01-01"]})
    with pytest.raises(FormatError, match="cannot be read as text"):
        list(read_frame(frame, Plan(), now=NOW))


def test_json_lines_may_leave_columns_out_for_a_while(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        '{"item_id": "a", "timestamp": 1433222501}',
        '{"item_id": "b", "timestamp": 1433222501, "user_id": 7, "event": "buy"}',
    )
    assert ingest(path, rows=1).events.select("event", "user_id").rows() == [("view_item", None), ("purchase", "7")]


ANY_CELL = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            "purchase",
            "view",
            "2020-01-01",
            "1577836800",
            "nan",
            "-inf",
            "1e999",
            "0",
            "-1",
            "5",
            "{}",
            '"',
            "\x00",
            "£1,5",
        ]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(ANY_CELL, min_size=1, max_size=8), max_size=5), st.sampled_from(sorted(TABLES)))
def test_no_table_of_cells_is_too_strange(tmp_path: Path, rows: list[list[str]], table: str) -> None:
    path = tmp_path / "any.csv"
    lines = ["event,user_id,item_id,timestamp,quantity,price,rating,attributes", *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace", newline="")
    with suppress(AisleError):
        ingest(path, Plan(table=table))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200), st.sampled_from(["a.csv", "a.tsv", "a.jsonl", "a.parquet", "a.xlsx", "a.csv.gz", "u.data"])
)
def test_no_bytes_are_too_strange(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    plan = Plan(format="movielens") if name == "u.data" else Plan()
    with suppress(AisleError):
        ingest(path, plan)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_no_bytes_below_a_good_header_are_too_strange(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEADER}\n{GOOD}\n".encode() + data)
    outcome = ingest(path)
    assert outcome.events.height >= 1
