from aisle.report.timeline import HEIGHT, stacked_columns


def test_columns_are_stacked_from_the_bottom_to_their_total() -> None:
    drawn = stacked_columns("Events", ["mon", "tue"], {"view": [6, 2], "buy": [4, 0]})

    (view, buy, other) = drawn.pieces
    assert (view.y + view.height, buy.y, buy.y + buy.height) == (HEIGHT, 0, view.y)
    assert other.height == HEIGHT / 5
    assert [piece.text for piece in drawn.pieces] == ["mon: 6 view", "mon: 4 buy", "tue: 2 view"]
    assert drawn.legend == [("kind0", "view"), ("kind1", "buy")]


def test_labels_are_few() -> None:
    assert len(stacked_columns("Events", [str(n) for n in range(60)], {"view": [1] * 60}).labels) == 6
