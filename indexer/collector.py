"""Python's garbage collector, for processes that make very many objects and no cycles."""

import gc

_COLLECT_OBJECTS = 100_000


def calm_the_collector() -> None:
    """Let it come less often: at Python's own thresholds it walks the same objects again and again.

    Measured: a quarter of the time of a catch-up, whose blocks are some hundred thousand objects each.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_OBJECTS, 20, 20)
