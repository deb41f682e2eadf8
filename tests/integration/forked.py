"""Many short commands for the price of one start: each a process of its own, forked from one that has imported it all.

For what does not depend on how a process starts, and never for a loop over one stream: help, flags, settings, refusals.
They run side by side. Whatever a start itself must prove is started by `terminal`.
"""

import argparse
import asyncio
import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from indexer.__main__ import main
from indexer.commands import add_commands
from tests.chaos.arena import ROOT
from tests.integration.terminal import PATIENCE_SECONDS, Ended, environment

#: a command's words, and the variables it is given
Case = tuple[Sequence[str], dict[str, str]]


async def each(cases: Sequence[Case], *, cwd: Path) -> list[Ended]:
    """How each of the commands ended, in their order."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.forked", cwd=ROOT, env=environment(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    asked = json.dumps([str(cwd), [[list(words), settings] for words, settings in cases]])
    try:
        out, _ = await asyncio.wait_for(process.communicate(asked.encode()), PATIENCE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0
    return [Ended(code=code, out=out, err=err) for code, out, err in json.loads(out)]


def _main() -> None:
    """Read the cases from stdin, run them all, and print how they ended."""
    cwd, cases = json.load(sys.stdin)
    for words, _ in cases:
        add_commands(argparse.ArgumentParser(), words)  # imports what they name
    os.chdir(cwd)
    running = [_forked(words, settings) for words, settings in cases]
    print(json.dumps([_ended(child, outputs) for child, outputs in running]))  # noqa: T201 - the answer


def _forked(words: list[str], settings: dict[str, str]) -> tuple[int, list[int]]:
    outputs = [os.memfd_create(name) for name in ("out", "err")]
    child = os.fork()
    if child == 0:
        _command(words, settings, outputs)
    return child, outputs


def _ended(child: int, outputs: list[int]) -> tuple[int, str, str]:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    out, err = (_content(output) for output in outputs)
    return code, out, err


def _command(words: list[str], settings: dict[str, str], outputs: list[int]) -> None:
    """In the child: the command with its outputs where they are wanted. Never returns."""
    code = 1
    try:
        for descriptor, output in zip((1, 2), outputs, strict=True):
            os.dup2(output, descriptor)
        os.environ.update(settings)
        sys.argv = ["indexer", *words]
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - the child must not go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _content(descriptor: int) -> str:
    with io.FileIO(descriptor) as file:
        file.seek(0)
        return file.readall().decode()


if __name__ == "__main__":
    _main()
