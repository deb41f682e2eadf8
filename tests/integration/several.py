"""Commands that end by themselves, one after the other, each a process of its own with its outputs and its exit code.

They are forked from one process that has imported what they import, which is most of what a short command costs. So
this is for what commands say and do; how they are started, and how the interpreter ends, is for those by themselves.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile

from indexer.__main__ import _parser, main
from indexer.clickhouse_library import library
from tests.integration.terminal import PATIENCE_SECONDS, Ended, environment

_ENGINE_OR_SERVER = ("sql", "chart", "clickhouse")
Words = Sequence[str]


async def several(*commands: Words, cwd: Path, each: Sequence[dict[str, str]] = (), **settings: str) -> list[Ended]:
    """How they ended; ``settings`` are for all of them, ``each`` has those of one each."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.several", cwd=cwd, env=environment(**settings),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    wanted = json.dumps([list(commands), list(each) or [{}] * len(commands)]).encode()
    try:
        out, err = await asyncio.wait_for(process.communicate(wanted), PATIENCE_SECONDS)
    except TimeoutError:
        process.kill()
        raise AssertionError(f"{commands} did not end in {PATIENCE_SECONDS:g} s") from None
    assert process.returncode == 0, err.decode()
    return [Ended(code=code, out=said, err=wrong) for code, said, wrong in json.loads(out)]


def _run() -> None:
    commands, settings = json.load(sys.stdin)
    for words in commands:
        _parser(words)  # it imports the command's module
        if words[0] in _ENGINE_OR_SERVER:
            library(engine=False)  # an engine that was there before a fork would not be whole after it
    ended = [_forked(words, more) for words, more in zip(commands, settings, strict=True)]
    json.dump(ended, sys.stdout)


def _forked(words: Words, settings: dict[str, str]) -> tuple[int, str, str]:
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
