import numpy as np

from aisle.prepare.interactions import EventLog
from aisle.recommenders.sequential.sequences import Sequences, to_sequences
from tests.recommenders.battery import NOW, log_with, shop


def log(*events: tuple[int, int, int, float]) -> EventLog:
    """Make a log of (user, session, item, weight), a microsecond from one to the next."""
    user, session, item, weight = (np.array(column) for column in zip(*events, strict=True))
    return log_with(
        shop(np.ones((1, 1))).log,
        user=user.astype(np.int32),
        session=session.astype(np.int32),
        item=item.astype(np.int32),
        weight=weight.astype(np.float32),
        timestamp=NOW + np.arange(len(events)),
    )


def listed(sequences: Sequences) -> list[list[int]]:
    return [items.tolist() for items in np.split(sequences.items, sequences.indptr[1:-1])]


def test_by_user_the_sequence_that_ended_last_is_the_last() -> None:
    sequences = to_sequences(log((0, 0, 5, 1), (1, 1, 6, 1), (1, 1, 7, 1), (0, 2, 8, 1)), "user")
    assert listed(sequences) == [[6, 7], [5, 8]]
    assert sequences.ended.tolist() == [NOW + 2, NOW + 3]


def test_by_session() -> None:
    assert listed(to_sequences(log((0, 0, 5, 1), (1, 1, 6, 1), (0, 2, 8, 1), (0, 2, 9, 1)), "session")) == [
        [5],
        [6],
        [8, 9],
    ]


def test_events_without_an_owner_fall_back_to_the_other_and_are_skipped_without_either() -> None:
    events = log((0, 3, 5, 1), (-1, 3, 6, 1), (0, -1, 7, 1), (-1, -1, 8, 1))
    assert listed(to_sequences(events, "user")) == [[6], [5, 7]]
    assert listed(to_sequences(events, "session")) == [[5, 6], [7]]


def test_what_speaks_against_an_item_is_skipped() -> None:
    assert listed(to_sequences(log((0, 0, 5, 1), (0, 0, 6, -1), (0, 0, 7, 1)), "user")) == [[5, 7]]


def test_an_item_in_a_row_is_one_step_unless_repeats_are_wanted() -> None:
    events = log((0, 0, 5, 1), (0, 0, 5, 1), (0, 0, 6, 1), (0, 0, 5, 1), (1, 1, 5, 1))
    assert listed(to_sequences(events, "user")) == [[5, 6, 5], [5]]
    assert listed(to_sequences(events, "user", repeats=True)) == [[5, 5, 6, 5], [5]]


def test_no_events_no_sequences() -> None:
    sequences = to_sequences(log((-1, -1, 5, 1)), "user")
    assert sequences.indptr.tolist() == [0]
    assert len(sequences.items) == len(sequences.ended) == 0
