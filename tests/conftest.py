"""Fixtures every test area shares."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from indexer.embedded import NatsServer
from tests import nats_cli as cli

ROOT = Path(__file__).resolve().parent.parent
#: folders whose tests start processes and wait for them
SLOW = ("integration", "deploy")
#: no example is wrong because the machine was busy while it was made or ran
settings.register_profile("steady", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write what the code says now into goldens and docs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every worker's share its slow tests first: at the end there are small ones left to hand over, no long one.

    Workers begin with equal shares of the list, in order, and one that is through takes from the end of another's.
    """
    slow = [item for item in items if item.path.parent.name in SLOW]
    small = [item for item in items if item.path.parent.name not in SLOW]
    shares = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = [
        item
        for share in range(shares)
        for kind in (slow, small)
        for item in kind[share * len(kind) // shares : (share + 1) * len(kind) // shares]
    ]


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Children keep their compiled modules in one place: most of the start of every one of some hundred processes.

    `make test` names one that outlives the run.
    """
    before = {name: os.environ.pop(name, None) for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")}
    here = tmp_path_factory.getbasetemp().parent / "bytecode"
    os.environ["PYTHONPYCACHEPREFIX"] = before["PYTHONPYCACHEPREFIX"] or str(here)
    yield
    del os.environ["PYTHONPYCACHEPREFIX"]
    os.environ.update({name: value for name, value in before.items() if value is not None})


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The recorded mainnet transactions, read in place."""
    path = (ROOT / os.environ.get("INDEXER_CORPUS", "../shared/corpus")).resolve()
    if not (path / "expected.jsonl").is_file():
        pytest.skip(f"no corpus at {path}; set INDEXER_CORPUS")
    return path


@pytest.fixture(scope="session")
def nats_cli() -> str:
    """The real nats CLI."""
    found = cli.find()
    if found is None:
        pytest.skip(cli.ABSENT)
    return found


@pytest.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A real nats-server with JetStream on an empty store."""
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as server:
        yield server
