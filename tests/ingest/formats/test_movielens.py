from pathlib import Path

import msgspec

from aisle.ingest.formats import FORMATS, recognise
from aisle.ingest.plan import Plan
from tests.ingest.files import ingest, write


def test_movielens_100k_is_read_without_headers(tmp_path: Path) -> None:
    flags = "|".join("1" if place in (3, 5) else "0" for place in range(19))
    paths = [
        write(tmp_path / "u.data", "196\t242\t3\t881250949"),
        write(tmp_path / "u.item", f"242|Amélie (1995)|01-Jan-1995||http://x|{flags}", encoding="latin-1"),
        write(tmp_path / "u.user", "196|49|M|writer|55105"),
    ]
    outcome = ingest(paths, Plan(format="movielens"))
    assert outcome.events.select("event", "user_id", "item_id", "rating", "timestamp").rows() == [
        ("rate", "196", "242", 3.0, 881_250_949_000_000)
    ]
    assert outcome.accepted["items"].select("title", "category", "tags", "available_from").rows() == [
        ("Amélie (1995)", "Animation", "Animation|Comedy", 788_918_400_000_000)
    ]
    attributes = msgspec.json.decode(outcome.accepted["users"]["attributes"][0])
    assert attributes == {"age": "49", "gender": "M", "occupation": "writer", "zip_code": "55105"}


def test_movielens_1m_is_read_with_two_colons(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "ratings.dat", "1::1193::5::978300760"),
        write(tmp_path / "movies.dat", "1193::One: Two (1975)::Drama|War"),
        write(tmp_path / "users.dat", "1::F::1::10::48067"),
    ]
    outcome = ingest(paths, Plan(format="movielens"))
    assert outcome.events["item_id"].to_list() == ["1193"]
    assert outcome.accepted["items"].select("title", "category").rows() == [("One: Two (1975)", "Drama")]
    assert outcome.accepted["users"]["user_id"].to_list() == ["1"]


def test_movielens_csv_is_known_by_its_header(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp", "1,2,4.5,1433222501"),
        write(tmp_path / "movies.csv", "movieId,title,genres", "2,X,(no genres listed)"),
    ]
    assert recognise(paths) is FORMATS["movielens"]
    outcome = ingest(paths, Plan(format="movielens"))
    assert outcome.events["rating"].to_list() == [4.5]
    assert outcome.accepted["items"].select("title", "tags", "category").rows() == [("X", None, None)]
