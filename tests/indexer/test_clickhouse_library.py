"""Client and engine work without the libraries that are spared, which are there for whoever loads them later."""

import os
import subprocess
import sys
from pathlib import Path

USED = """
import asyncio, sys
from pathlib import Path
from indexer.clickhouse import ClickHouse, Target
from indexer.config import Settings

spared = ("numpy", "pandas", "pyarrow", "polars")

async def use(directory):
    async with ClickHouse(Target(dsn=f"chdb://{directory}", directory=directory), Settings()) as database:
        await database.command("CREATE TABLE t (a UInt64, b Array(String)) ENGINE = MergeTree ORDER BY a")
        await database.insert("t", ("a", "b"), [(2**64 - 1, ["x"]), (0, [])])
        assert await database.rows("SELECT * FROM t ORDER BY a") == [(0, []), (2**64 - 1, ["x"])]
        assert await database.table("SELECT toDecimal128('1.10', 2) AS d") != []

asyncio.run(use(Path(sys.argv[1])))
assert not [name for name in sys.modules if name.split(".")[0] in spared]
import numpy
"""


def test_the_engine_is_used_without_what_it_does_not_need_and_that_can_be_loaded_after_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", USED, str(tmp_path / "clickhouse")]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert ended.returncode == 0, ended.stderr
