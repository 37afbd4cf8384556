import numpy as np

from aisle.prepare.sessions import IDLE, number_sessions


def numbered(user: list[int], timestamp: list[int], named: list[int]) -> list[int]:
    sessions = number_sessions(np.array(user, np.int32), np.array(timestamp, np.int64), np.array(named, np.int32))
    assert sessions.dtype == np.int32
    numbers: list[int] = sessions.tolist()
    return numbers


def test_half_an_hour_of_silence_ends_a_session() -> None:
    assert numbered([0, 0, 0], [0, IDLE, 2 * IDLE + 1], [-1] * 3) == [0, 0, 1]


def test_each_user_has_sessions_of_their_own() -> None:
    assert numbered([1, 0, 1, 0], [0, 1, 2, 3], [-1] * 4) == [1, 0, 1, 0]


def test_sessions_that_the_shop_names_keep_their_numbers_however_long_they_are() -> None:
    assert numbered([0, 0, 0], [0, 5 * IDLE, 5 * IDLE], [4, 4, -1]) == [4, 4, 5]


def test_an_anonymous_event_belongs_to_the_named_session_or_to_none() -> None:
    assert numbered([-1, -1], [0, 1], [0, -1]) == [0, -1]


def test_no_events_have_no_sessions() -> None:
    assert numbered([], [], []) == []
