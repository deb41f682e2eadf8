"""Short commands for the price of one start: each a process of its own, with its outputs and its exit code.

They are forked from one process that has imported what they import, which is most of what a short command costs. So
this is for what commands say and do; how they are started, and how the interpreter ends, `terminal` is for.
"""

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NoReturn

from indexer.__main__ import _parser, main
from indexer.clickhouse_library import library
from tests.integration.terminal import PATIENCE_SECONDS, Ended, environment

#: a command's words, and the variables it is given
Case = tuple[Sequence[str], Mapping[str, str]]
_ENGINE_OR_SERVER = ("sql", "chart", "clickhouse")
_Outputs = tuple[IO[bytes], IO[bytes]]


async def several(*commands: Sequence[str], cwd: Path, **settings: str) -> list[Ended]:
    """How the commands ended, one run after the other, all of them with the same settings."""
    return await each([(words, settings) for words in commands], cwd=cwd, together=False)


async def each(cases: Sequence[Case], *, cwd: Path, together: bool = True) -> list[Ended]:
    """How each of the commands ended, in their order; ``together``: they run side by side."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.forked", cwd=cwd, env=environment(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    asked = json.dumps([together, cases]).encode()
    try:
        out, err = await asyncio.wait_for(process.communicate(asked), PATIENCE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise AssertionError(f"{cases} did not end in {PATIENCE_SECONDS:g} s") from None
    assert process.returncode == 0, err.decode()
    return [Ended(code=code, out=said, err=wrong) for code, said, wrong in json.loads(out)]


def _run() -> None:
    """Read the cases from stdin, run them all, and print how they ended."""
    together, cases = json.load(sys.stdin)
    for words, _ in cases:
        _load(words)
    if together:
        answers = [_ended(*one) for one in [_forked(*case) for case in cases]]
    else:
        answers = [_ended(*_forked(*case)) for case in cases]
    json.dump(answers, sys.stdout)


def _load(words: Sequence[str]) -> None:
    _parser(words)  # it imports the command's module
    if words and words[0] in _ENGINE_OR_SERVER:
        library(engine=False)  # an engine that was there before a fork would not be whole after it


def _forked(words: Sequence[str], settings: Mapping[str, str]) -> tuple[int, _Outputs]:
    outputs = (TemporaryFile(), TemporaryFile())  # noqa: SIM115 - `_content` closes them
    child = os.fork()
    if child == 0:
        _command(words, settings, outputs)
    return child, outputs


def _ended(child: int, outputs: _Outputs) -> tuple[int, str, str]:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    out, err = (_content(output) for output in outputs)
    return code, out, err


def _command(words: Sequence[str], settings: Mapping[str, str], outputs: _Outputs) -> NoReturn:
    """In the child: the command with its outputs where they are wanted."""
    code = 1
    try:
        for descriptor, output in zip((1, 2), outputs, strict=True):
            os.dup2(output.fileno(), descriptor)
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
        os._exit(code)  # with the interpreter's end every page of the imports would be copied


def _content(output: IO[bytes]) -> str:
    with output:
        output.seek(0)
        return output.read().decode()


if __name__ == "__main__":
    _run()
