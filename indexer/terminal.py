"""The terminal a live view is drawn on."""

import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def unechoed() -> Iterator[None]:
    """While inside, Ctrl-C is not shown as ``^C``: that would move the cursor, and the next frame a line down.

    Nothing else changes, so that a terminal whose process was killed is as good as before.
    """
    try:
        before = termios.tcgetattr(sys.stdin)
    except (termios.error, ValueError, OSError):  # no terminal to read from
        yield
        return
    flags = list(before)
    flags[3] &= ~termios.ECHOCTL
    termios.tcsetattr(sys.stdin, termios.TCSANOW, flags)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(sys.stdin, termios.TCSANOW, before)
