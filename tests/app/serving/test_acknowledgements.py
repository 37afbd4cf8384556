import asyncio
import threading
from concurrent.futures import Future

import pytest

from aisle.app.serving.acknowledgements import Acknowledgements


def test_all_that_is_done_at_once_is_acknowledged() -> None:
    async def wait() -> list[int]:
        acknowledgements = Acknowledgements(5.0)
        futures = [Future[int]() for _ in range(100)]

        def finish() -> None:
            for number, future in enumerate(futures):
                future.set_result(number)

        waits = [asyncio.ensure_future(acknowledgements.of(future)) for future in futures]
        await asyncio.sleep(0)
        threading.Thread(target=finish).start()
        return await asyncio.gather(*waits)

    assert asyncio.run(wait()) == list(range(100))


def test_what_was_done_before_is_acknowledged() -> None:
    done = Future[str]()
    done.set_result("stored")
    assert asyncio.run(Acknowledgements(5.0).of(done)) == "stored"


def test_an_error_is_raised() -> None:
    failed = Future[str]()
    failed.set_exception(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        asyncio.run(Acknowledgements(5.0).of(failed))


def test_each_waits_no_longer_than_its_patience_and_cancels_what_has_not_begun() -> None:
    async def wait() -> tuple[str | BaseException, str | BaseException]:
        acknowledgements = Acknowledgements(0.05)
        early, late = Future[str](), Future[str]()
        first = asyncio.ensure_future(acknowledgements.of(early))
        await asyncio.sleep(0.03)
        second = asyncio.ensure_future(acknowledgements.of(late))
        await asyncio.sleep(0.03)
        assert early.cancelled()
        assert (first.done(), second.done()) == (True, False)
        late.set_result("stored")
        return await asyncio.gather(first, second, return_exceptions=True)

    first, second = asyncio.run(wait())
    assert isinstance(first, TimeoutError)
    assert second == "stored"


def test_a_request_that_is_given_up_cancels_what_it_waits_for() -> None:
    async def wait() -> bool:
        future = Future[str]()
        task = asyncio.ensure_future(Acknowledgements(5.0).of(future))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled() and future.cancelled()

    assert asyncio.run(wait())


def test_a_future_that_is_done_after_its_loop_ended_harms_nobody() -> None:
    acknowledgements, future = Acknowledgements(0.01), Future[str]()
    with pytest.raises(TimeoutError):
        asyncio.run(acknowledgements.of(future))
    late = Future[str]()
    late.set_running_or_notify_cancel()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await acknowledgements.of(late)

    asyncio.run(give_up())
    late.set_result("stored")
    assert asyncio.run(acknowledgements.of(late)) == "stored"
