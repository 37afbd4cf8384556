from aisle.simulator.simulation import Part


def test_the_mix_of_kinds_is_that_of_a_shop(part: Part) -> None:
    share = {kind: count / len(part.events) for kind, count in part.events["event"].value_counts().iter_rows()}
    assert 0.5 < share["view_item"] < 0.7
    assert 0.12 < share["add_to_cart"] < 0.25
    assert 0.06 < share["purchase"] < 0.12
    assert 0.03 < share["search"] < 0.08
    assert 0.01 < share["remove_from_cart"] < 0.04
    assert 0.015 < share["rate"] < 0.04
    assert 0.002 < share["refund"] < 0.008
    assert len(share) == 7
