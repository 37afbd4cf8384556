from pathlib import Path

import pytest
from jinja2 import UndefinedError

from aisle.report.environment import environment


def shout(text: str) -> str:
    return text.upper()


def test_text_is_escaped_and_filters_go_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ name | shout }}")

    assert environment(tmp_path, [shout]).get_template("page.html").render(name="<b>") == "&lt;B&gt;"


def test_a_name_that_nobody_gives_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ name }}")

    with pytest.raises(UndefinedError, match="name"):
        environment(tmp_path, []).get_template("page.html").render()
