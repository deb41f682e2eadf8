"""A real Prometheus with our rules, on loopback, and what a person asks it."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from indexer.child import spawn
from tests.chaos.arena import ROOT
from tests.chaos.cluster import free_ports

_CONFIG = """\
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files:
  - {rules}
scrape_configs:
"""
_JOB = """\
  - job_name: {job}
    static_configs:
      - targets: ["{target}"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """One that runs."""

    url: str
    log: Path

    async def get(self, path: str, **query: str) -> Any:
        """The data of an answer of /api/v1. Fails with the server's own words."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/api/v1/{path}", params=query) as answer:
            body = orjson.loads(await answer.read())
        assert body["status"] == "success", (path, query, body)
        return body["data"]

    async def values(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """What an expression gives now: labels and value."""
        found = (await self.get("query", query=expression))["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]


@asynccontextmanager
async def prometheus(folder: Path, jobs: Mapping[str, str]) -> AsyncIterator[Prometheus]:
    """Scrape host:port of each job every second, evaluate our rules as often. Skips where there is no Prometheus."""
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.skip("no prometheus here: make ci-tools installs it")
    config, log, url = _configured(folder, jobs), folder / "log", f"127.0.0.1:{free_ports(1)[0]}"
    options = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={url}"]
    with log.open("wb") as output:
        process = spawn([binary, *options], stdout=output, stderr=subprocess.STDOUT)
    try:
        running = Prometheus(url=f"http://{url}", log=log)
        await _ready(running, process)
        yield running
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 90)


def _configured(folder: Path, jobs: Mapping[str, str]) -> Path:
    folder.mkdir()
    config = folder / "prometheus.yml"
    rules = ROOT / "deploy" / "prometheus" / "rules*.yml"
    config.write_text(
        _CONFIG.format(rules=rules) + "".join(_JOB.format(job=job, target=target) for job, target in jobs.items())
    )
    return config


async def _ready(server: Prometheus, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while not await _is_ready(server.url):
        assert process.poll() is None, server.log.read_text()
        assert time.monotonic() < deadline, server.log.read_text()
        await asyncio.sleep(0.1)


async def _is_ready(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/-/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
