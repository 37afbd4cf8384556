import pytest

from aisle.prepare.spark.credentials import hide_credentials


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("jdbc:mysql://ann:s3cret@db.shop:3306/shop", "jdbc:mysql://…@db.shop:3306/shop"),
        ("jdbc:mysql://ann:s3@cr/et@db.shop/shop?useSSL=true", "jdbc:mysql://…@db.shop/shop"),
        ("jdbc:mysql://ann:s3?cret@db.shop/shop", "jdbc:mysql:…"),
        ("jdbc:mysql://ann:s3;cret@db.shop/shop", "jdbc:mysql:…"),
        ("jdbc:mysql:replication://ann:s3cret@one/shop", "jdbc:mysql:…@one/shop"),
        ("jdbc:mysql://(host=one,user=ann,password=s3cret)/shop", "jdbc:mysql://"),
        ("jdbc:postgresql://db.shop/shop?user=ann&password=s3cret", "jdbc:postgresql://db.shop/shop"),
        ("jdbc:postgresql://db.shop/shop?user=ann&password=s3@cret", "jdbc:postgresql:…"),
        ("jdbc:postgresql://db.shop/shop?password=my s3cret", "jdbc:postgresql://db.shop/shop"),
        ("jdbc:sqlserver://db.shop;user=ann;password={my s3cret}", "jdbc:sqlserver://db.shop"),
        ("jdbc:oracle:thin:ann/s3cret@//db.shop:1521/shop", "jdbc:oracle:…@//db.shop:1521/shop"),
        ("JDBC:mariadb://ann:s3cret@db.shop/shop", "JDBC:mariadb://…@db.shop/shop"),
        ("mysql+pymysql://ann:s3cret@db.shop/shop", "mysql+pymysql://…@db.shop/shop"),
        ("mysql+pymysql://ann:s3?c@ret@db.shop/shop", "mysql+pymysql://…@db.shop/shop"),
        ("s3a://KEY:s3/cret@lake/shop", "s3a://…@lake/shop"),
    ],
)
def test_credentials_in_a_url_are_hidden(url: str, shown: str) -> None:
    assert hide_credentials(url) == shown
    report = f"SQLException: cannot open {url}\n\tat com.shop.Driver\nCaused by: {url}"
    assert hide_credentials(report) == f"SQLException: cannot open {shown}\n\tat com.shop.Driver\nCaused by: {shown}"


@pytest.mark.parametrize(
    "text",
    [
        "jdbc:postgresql://db.shop:5432/shop",
        "/data/part-?.parquet",
        "file:///data/ann:s3cret/events.parquet",
        "abfss://lake@account.dfs.core.windows.net/shop",
        "Access denied for user 'ann'@'db.shop' (using password: YES)",
    ],
)
def test_text_without_credentials_stays_as_it_is(text: str) -> None:
    assert hide_credentials(text) == text
