"""Commands that end by themselves, one after the other, each a process of its own with its outputs and its exit code.

They are forked from one process that has imported what they import, which is most of what a short command costs. So
this is for what commands say and do; how they are started, and how the interpreter ends, is for those by themselves.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from indexer.__main__ import _parser, main
from indexer.clickhouse_library import library
from tests.integration.terminal import PATIENCE_SECONDS, Ended, environment

_ENGINE_OR_SERVER = ("sql", "chart", "clickhouse")
Words = Sequence[str]


async def several(*commands: Words, cwd: Path, **settings: str) -> list[Ended]:
    """How they ended, all of them with the same settings."""
    return await several_with([(words, settings) for words in commands], cwd=cwd)


async def several_with(commands: Sequence[tuple[Words, Mapping[str, str]]], *, cwd: Path) -> list[Ended]:
    """How they ended, each with settings of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.several", cwd=cwd, env=environment(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    wanted = json.dumps(commands).encode()
    try:
        out, err = await asyncio.wait_for(process.communicate(wanted), PATIENCE_SECONDS)
    except TimeoutError:
        process.kill()
        raise AssertionError(f"{commands} did not end in {PATIENCE_SECONDS:g} s") from None
    assert process.returncode == 0, err.decode()
    return [Ended(code=code, out=said, err=wrong) for code, said, wrong in json.loads(out)]


def _run() -> None:
    commands = json.load(sys.stdin)
    for words, _ in commands:
        _parser(words)  # it imports the command's module
        if words[0] in _ENGINE_OR_SERVER:
            library(engine=False)  # an engine that was there before a fork would not be whole after it
    json.dump([_forked(words, settings) for words, settings in commands], sys.stdout)


def _forked(words: Words, settings: Mapping[str, str]) -> tuple[int, str, str]:
    with TemporaryFile() as out, TemporaryFile() as err:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.environ.update(settings)
            sys.argv = ["indexer", *words]
            code = main()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # with the interpreter's end every page of the imports would be copied
        _, status = os.waitpid(child, 0)
        for file in (out, err):
            file.seek(0)
        return os.waitstatus_to_exitcode(status), out.read().decode(), err.read().decode()


if __name__ == "__main__":
    _run()
