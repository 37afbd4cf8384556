import traceback
from typing import TYPE_CHECKING

import pytest

from aisle.shop.errors import SparkError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_any_other_failure_is_one_line(spark: "SparkSession") -> None:
    from aisle.prepare.spark.session import clearly

    with pytest.raises(SparkError, match=r"^Spark failed: .*no_such_column") as raised, clearly():
        spark.range(1).select("no_such_column")
    assert "\n" not in str(raised.value)


def test_a_session_that_runs_already_is_used_and_left_running(spark: "SparkSession") -> None:
    from aisle.prepare.spark.session import session

    with session("local[1]", {}) as lent:
        assert "local-cluster" in str(lent.sparkContext.master)
    assert spark.range(3).count() == 3


def test_what_java_says_is_told_and_not_that_it_was_called(spark: "SparkSession") -> None:
    from py4j.protocol import Py4JError

    from aisle.prepare.spark.session import clearly

    with pytest.raises(SparkError, match=r"^Spark failed: java.io.IOException: No FileSystem$"), clearly():
        raise Py4JError("An error occurred while calling o7.load.\n: java.io.IOException: No FileSystem\n\tat x")


def test_a_failure_that_names_a_url_shows_no_password(spark: "SparkSession") -> None:
    from py4j.protocol import Py4JError

    from aisle.prepare.spark.session import clearly

    with pytest.raises(SparkError, match=r"^Spark failed: cannot open jdbc:mysql://…@db/shop$") as raised, clearly():
        raise Py4JError("cannot open jdbc:mysql://ann:s3cret@db/shop\n\tat com.mysql.Driver")
    assert "s3cret" not in "".join(traceback.format_exception(raised.value))
