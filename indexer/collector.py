"""Python's garbage collector, told that what we make in great numbers is in no cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_COLLECT_OBJECTS = 100_000


def calm_the_collector() -> None:
    """Let it come less often; once at the start of a process.

    A block makes some hundred thousand objects, none of them in a cycle: at Python's own thresholds the collector walks
    them again and again (measured: a quarter of the time of a catch-up). And the candles of a hundred thousand pools
    are a fifth of a second each time it walks them all, in which nothing else is done.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_OBJECTS, 20, 20)


@contextmanager
def without_the_collector() -> Iterator[None]:
    """While modules are imported: what they make stays, and looking for garbage in it is a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
