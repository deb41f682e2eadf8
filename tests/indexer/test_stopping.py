"""How a start is cut short."""

import asyncio

import pytest

from indexer.stopping import Stopped, unless_stopped


async def test_a_stop_cuts_a_wait_short() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stop.set)
    with pytest.raises(Stopped):
        async with asyncio.timeout(5), unless_stopped(stop):
            await asyncio.sleep(10)


async def test_without_a_stop_nothing_happens() -> None:
    async with unless_stopped(asyncio.Event()):
        await asyncio.sleep(0)


async def test_what_goes_wrong_inside_stays_what_it_is() -> None:
    with pytest.raises(TimeoutError):
        async with unless_stopped(asyncio.Event()), asyncio.timeout(0.01):
            await asyncio.sleep(5)
    with pytest.raises(ValueError, match="mine"):
        async with unless_stopped(asyncio.Event()):
            raise ValueError("mine")
