"""A built image run without an engine: its root read-only, a number for a user, no capabilities, process 1 of its own.

Linux, root and buildah are enough; the network is the host's, so that only loopback is spoken to.
"""

import os
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.arena import Daemon
from tests.deploy.compose import Image

_TOOL_SECONDS = 120
_BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: devices, a /proc of its own, a root nobody can write to; then what is left of the privileges goes
_ENTER = """
set -e
mount --bind {root} {root}
for one in null urandom; do touch {root}/dev/$one; mount --bind /dev/$one {root}/dev/$one; done
mount -t proc proc {root}/proc
mount -o remount,bind,ro {root}
cd {root}
exec setpriv --no-new-privs --bounding-set -all,+sys_chroot,+setuid,+setgid --inh-caps -all \
  chroot --userspec={user} {root} /usr/bin/env -i --chdir={workdir} {words}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """An image's files on this machine."""

    root: Path
    image: Image

    def command(self, words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """The command line that runs ``words`` inside."""
        told = {**self.image.environment, **environment}
        told["PATH"] = told["PATH"].replace("$PATH", _BASE_PATH)
        inside = shlex.join([*(f"{key}={value}" for key, value in told.items()), *words])
        script = _ENTER.format(root=self.root, user=self.image.user, workdir=self.image.workdir, words=inside)
        return ["/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run something that ends by itself."""
        return subprocess.run(
            self.command(words, environment), capture_output=True, text=True, timeout=_TOOL_SECONDS, check=False
        )

    def daemon(self, *words: str, log: Path, **environment: str) -> Daemon:
        """Something that runs until its process 1 gets a signal; not started yet."""
        return Daemon(command=self.command(words, environment), env=dict(os.environ), log=log)


@contextmanager
def opened(tag: str, image: Image) -> Iterator[Container]:
    """A container of a local image, removed at the end."""
    name = tool("buildah", "from", "--pull-never", tag)
    try:
        yield Container(root=Path(tool("buildah", "mount", name)), image=image)
    finally:
        tool("buildah", "rm", name)


def status(pid: int) -> dict[str, list[str]]:
    """What the kernel says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def process_1(daemon: Daemon, *, seconds: float = 60) -> int:
    """The host's process id of the first process inside. Raises TimeoutError."""
    assert daemon.process is not None
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        children = Path(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children").read_text().split()
        if children and b"/opt/indexer/bin/indexer" in Path(f"/proc/{children[0]}/cmdline").read_bytes().split(b"\0"):
            return int(children[0])
        time.sleep(0.05)
    raise TimeoutError(daemon.tail())


def tool(*command: str) -> str:
    """What a tool printed. Raises CalledProcessError."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TOOL_SECONDS, check=True)
    return done.stdout.strip()
