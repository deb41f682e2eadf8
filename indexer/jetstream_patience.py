"""Asking JetStream again: a cluster that elects gives no answer, or says that it has none, and has one soon after."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from indexer.errors import PeerError, TransientError
from indexer.jetstream_api import UNAVAILABLE, ApiError

LEADERLESS = "a cluster without a leader? `indexer jetstream check` tells"
_PAUSE_SECONDS = 0.25
_Answer = TypeVar("_Answer")


async def patiently(ask: Callable[[], Awaitable[_Answer]], *, seconds: float = math.inf) -> _Answer:
    """What ``ask`` gives, tried again until ``seconds`` have passed. Raises PeerError: its last failure, or a refusal.

    A write whose answer was lost must be found made at the next try.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return await ask()
        except TransientError as error:
            failure: Exception = error
        except ApiError as error:
            if error.code not in UNAVAILABLE:
                raise PeerError(str(error)) from error
            failure = error
        if time.monotonic() >= until:
            raise PeerError(str(failure), hint=LEADERLESS) from failure
        await asyncio.sleep(_PAUSE_SECONDS)
