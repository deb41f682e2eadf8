"""Child processes that never outlive us: the embedded nats-server, and the localnet of `indexer up`."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

# The child gets SIGTERM when its parent dies, however it dies. A program of its own between fork and exec, because
# code run in the fork of a process with threads may deadlock.
_LAUNCH = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


def spawn(
    command: Sequence[str],
    *,
    keep: Sequence[int] = (),
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start it in a session of its own: Ctrl-C in a terminal must reach the daemon alone, which drains first."""
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid())]
    return subprocess.Popen(  # noqa: S603 - our own command line, no shell
        [*launcher, *command],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        pass_fds=tuple(keep),
        env=env,
        cwd=cwd,
    )
