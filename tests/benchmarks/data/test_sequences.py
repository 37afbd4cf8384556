from pathlib import Path

import numpy as np
import pytest

from benchmarks.data.sequences import Case, read


def test_short_sequences_are_skipped_and_items_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "sequences.txt").write_text("1 10 30 20\n2 10\n3 20 10 40 10\n")
    ids, sequences = read(tmp_path)
    assert ids.tolist() == [10, 20, 30, 40]
    assert [sequence.tolist() for sequence in sequences] == [[0, 2, 1], [1, 0, 3, 0]]


def test_the_item_before_the_target_is_history_and_not_learnt_from() -> None:
    sequences = [np.array([0, 1, 2, 3], np.int32), np.array([3, 2, 1, 0], np.int32)]
    test, validation = (Case.of(sequences, later, None) for later in (0, 1))
    assert test.target.tolist() == [3, 0]
    assert test.queries.history.items.tolist() == [0, 1, 2, 3, 2, 1]
    assert sorted(zip(test.train.log.user.tolist(), test.train.log.item.tolist(), strict=True)) == [
        (0, 0), (0, 1), (1, 2), (1, 3)
    ]  # fmt: skip
    assert validation.target.tolist() == [2, 1]
    assert validation.train.log.item.tolist() == [0, 3]


@pytest.mark.parametrize(("text", "message"), [(None, "name a folder with"), ("1 10 20\n", "has no user with three")])
def test_a_folder_without_sequences_says_what_to_do(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "sequences.txt").write_text(text)
    with pytest.raises(SystemExit, match=message):
        read(tmp_path)
