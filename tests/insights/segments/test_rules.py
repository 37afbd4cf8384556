"""Rules: read from JSON, written back, said in words, and refused with a reason."""

import json
import re
from pathlib import Path

import pytest

from aisle.insights.segments.rules import leaves, parse, to_json
from aisle.shop.errors import InputError
from aisle.storage.migrations.versions.v0022_segments import STARTERS

PAGE = (Path(__file__).parents[3] / "docs" / "segments.md").read_text()
EXAMPLES = [
    *re.findall(r"^\$ aisle segments create .*'(\{.*\})'$", PAGE, re.MULTILINE),
    *re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL),
]


@pytest.mark.parametrize("text", [*STARTERS.values(), *EXAMPLES])
def test_what_is_written_is_read_again(text: str) -> None:
    rule = parse(text)
    assert parse(to_json(rule)) == rule
    assert json.loads(to_json(rule)) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"rule":"rfm","groups":["champions","at risk"]}', "RFM champions and at risk"),
        (
            '{"rule":"spent","at_least":10,"at_most":20,"currency":"EUR","days":9}',
            "spent 10 to 20 EUR in the last 9 days",
        ),
        ('{"rule":"did","events":["purchase"],"brand":"Zu","at_least":2}', "bought items of Zu at least 2 times"),
        ('{"rule":"will_like","category":"Tea","most":1500}', "the 1,500 who will like Tea most"),
        (
            '{"rule":"all","rules":[{"rule":"any","rules":[{"rule":"attribute","name":"country","values":["DE","AT"]},'
            '{"rule":"customers","groups":["none"]}]},{"rule":"not","of":{"rule":"did","events":["rate"]}}]}',
            "(country is DE or AT or never ordered) and not: rated",
        ),
    ],
)
def test_rules_in_words(text: str, words: str) -> None:
    assert parse(text).words() == words


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "this is no rule"),
        ('{"rule":"dance"}', "'dance'"),
        ('{"rule":"did","day":3}', "unknown field `day`"),
        ('{"rule":"did","events":[]}', "name some of"),
        ('{"rule":"did","share":0.5}', "name one"),
        ('{"rule":"did","at_least":3,"at_most":2}', "swap them"),
        ('{"rule":"spent"}', "at_least, at_most or both"),
        ('{"rule":"will_like"}', "a brand or a category"),
        ('{"rule":"rfm","groups":[]}', "length >= 1"),
        ('{"rule":"not","of":' * 11 + '{"rule":"did"}' + "}" * 11, "make it smaller"),
        ('{"rule":"not","of":' * 900 + '{"rule":"did"}' + "}" * 900, "this is no rule|make it smaller"),
        (" " * 20_001, "make it shorter"),
    ],
)
def test_what_is_no_rule_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        parse(text)


def test_too_many_rules_are_refused() -> None:
    some = '{"rule":"any","rules":[' + ",".join(['{"rule":"did"}'] * 60) + "]}"
    assert len(leaves(parse(some))) == 60
    with pytest.raises(InputError, match="at most 100 rules"):
        parse(f'{{"rule":"all","rules":[{some},{some}]}}')
