"""Where the tests find the real nats CLI: the version `make ci-tools` pins before any other that is there."""

import functools
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent / ".ci" / "tools"
ABSENT = "no nats CLI on PATH or in ~/go/bin: `make ci-tools` installs it where Go is"
_GO_BIN = Path.home() / "go" / "bin"  # before any test moves the home


def pinned() -> str:
    """The version of .ci/tools, as v0.5.1."""
    return str(re.findall(r"^NATS_CLI=(v[\d.]+)", TOOLS.read_text(), re.MULTILINE)[0])


@functools.cache
def find() -> str | None:
    """The CLI to test with; None where there is none."""
    found = list(_there())
    return next((path for path in found if version(path) == pinned()), found[0] if found else None)


@functools.cache
def version(path: str) -> str:
    """What it says of itself."""
    ended = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False)
    return (ended.stdout + ended.stderr).strip()


def _there() -> Iterator[str]:
    for path in (shutil.which("nats"), shutil.which("nats", path=str(_GO_BIN))):
        if path is not None:
            yield path
