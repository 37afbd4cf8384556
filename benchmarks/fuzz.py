"""Requests that schemathesis makes up from the description of the API, to a server with keys of every scope.

    python -m benchmarks.fuzz [--requests 10000]

Half of them keep to the description and half break it. Each answer must be one that the description names, with its
content type and its schema, and none may be a failure of the server; 503 is one by design. What came back is printed,
and the status is 1 if an answer was wrong.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from schemathesis import Case, GenerationMode
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Err, Result
from schemathesis.openapi import from_dict
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from urllib3 import Retry

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop.access import KEY_SCOPES, Scope
from tests.client.serving import served
from tests.small_shop import make_small_shop

Operation = APIOperation[Any, Any, Any, Any]
Request = Case[Any]

CHECKS: Final = [status_code_conformance, content_type_conformance, response_schema_conformance]

KNOWN: Final = {"item_id": "tea-1", "user_id": "user-0", "anonymous_id": "user-2", "product_id": "tea-1"}
"""Ids that the small shop has."""

OF_SHOPPERS: Final = ("/api/recommendations", "/api/page", "/api/rank")
"""Routes that need a shopper or a session, which is more than a description can say."""

FOR_GOOD: Final = ("/api/users", "/api/users/merge")
"""Routes that would take the known shopper away from those who follow."""

EACH: Final = 20
"""How many requests of a route follow on each other."""

BY_DESIGN: Final = 503


class Wrong(NamedTuple):
    """An answer that no client can expect."""

    route: str
    status: int
    problem: str
    request: str


class Answers(NamedTuple):
    """What came back."""

    statuses: Counter[int]
    wrong: dict[tuple[str, int, str], Wrong]
    """The first of each kind."""


def description_of(url: str) -> dict[str, Any]:
    """Return how a server describes its API."""
    description: dict[str, Any] = requests.get(f"{url}/openapi.json", timeout=10).json()
    return description


def fuzz(url: str, description: dict[str, Any], keys: Sequence[str], wanted: int) -> Answers:
    """Send requests to a server until so many are answered.

    Parameters
    ----------
    url
        Where it answers.
    description
        What requests are made of, and answers held to.
    keys
        What requests show; where it is an empty one, a made-up key or none.
    wanted
        How many requests.
    """
    operations = [operation for result in from_dict(description).get_all_operations() for operation in _sound(result)]
    answers = Answers(Counter(), {})
    with requests.Session() as session:
        # After a failure the server closes the connection, be it that the next request is on its way already.
        session.mount(url, HTTPAdapter(max_retries=Retry(2, status=0, allowed_methods=None)))
        for round_ in count():
            for operation in operations:
                left = wanted - answers.statuses.total()
                if left <= 0:
                    return answers
                _send(operation, session, url, keys, min(left, EACH), round_, answers)
    return answers


def _sound(result: Result[Operation, InvalidSchema]) -> list[Operation]:
    """Return an operation whose description can be read.

    Raises
    ------
    InvalidSchema
        If it cannot.
    """
    if isinstance(result, Err):
        raise result.err()
    return [result.ok()]


def _send(
    operation: Operation,
    session: requests.Session,
    url: str,
    keys: Sequence[str],
    number: int,
    round_: int,
    answers: Answers,
) -> None:
    """Send requests of one route."""
    cases = st.one_of(*(operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)))

    @seed(round_)
    @settings(
        max_examples=number, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases, key=st.sampled_from(keys), known=st.booleans())
    def send(case: Request, key: str, known: bool) -> None:
        if known and operation.path not in FOR_GOOD:
            _name_known(case)
        request = case.as_transport_kwargs(base_url=url)
        if key:
            request["headers"]["Authorization"] = f"Bearer {key}"
        answer = session.request(**request, allow_redirects=False, timeout=60)
        answers.statuses[answer.status_code] += 1
        for problem in _problems(case, answer):
            found = Wrong(operation.label, answer.status_code, problem, case.as_curl_command())
            answers.wrong.setdefault(found[:3], found)

    send()


def _name_known(case: Request) -> None:
    """Let a request be about an item and a shopper that there are, as made-up ones never are."""
    for fields in (case.query, case.body):
        if isinstance(fields, dict):
            fields.update({name: value for name, value in KNOWN.items() if isinstance(fields.get(name), str)})
            if case.operation.path in OF_SHOPPERS:
                fields.setdefault("user_id", KNOWN["user_id"])


def _problems(case: Request, answer: requests.Response) -> list[str]:
    status = answer.status_code
    problems = ["the server failed"] if status >= 500 and status != BY_DESIGN else []
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        problems += [f"{failure.title}: {failure.message}"[:600] for failure in group.exceptions]
    return problems


def fuzz_a_shop(wanted: int) -> Answers:
    """Send requests to a small shop with two models and keys of every scope."""
    with tempfile.TemporaryDirectory() as place:
        folder = make_small_shop(Path(place) / "shop")
        with Shop(Settings.read(folder, serve={"calls_per_second": 0, "access_log": False})) as shop:
            for _ in range(2):
                shop.train("als")
            keys = [shop.create_key(scope) for scope in (Scope.ADMIN, *KEY_SCOPES, Scope.SERVER)]
            shop.keys.refresh()
            with served(shop) as url:
                return fuzz(url, description_of(url), [*keys, ""], wanted)


def main() -> int:
    """Send the requests and print what came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    answers = fuzz_a_shop(parser.parse_args().requests)
    for wrong in answers.wrong.values():
        print(f"{wrong.route} answered {wrong.status}: {wrong.problem}\n  {wrong.request[:2000]}\n")
    print(
        f"{answers.statuses.total():,} requests: "
        + ", ".join(f"{n:,} × {s}" for s, n in sorted(answers.statuses.items()))
    )
    print(f"{len(answers.wrong)} kinds of wrong answers")
    return 1 if answers.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
