"""deploy/nats/node.conf as it is, three times: replicated streams, a node lost, and no way in through the routes."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import nats
import orjson
import pytest
import pytest_asyncio

from tests.chaos.cluster import free_ports
from tests.integration.chains import peers, standing
from tests.integration.forked import indexer
from tests.integration.sample_server import Sample, make_keys
from tests.integration.streams import ask
from tests.integration.terminal import until

FIRST = 9000
NODES = ("one", "two", "three")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return make_keys(tmp_path / "keys", *(f"{name},localhost,127.0.0.1" for name in NODES))


@pytest_asyncio.fixture
async def cluster(keys: Path, tmp_path: Path) -> AsyncIterator[list[Sample]]:
    ports = free_ports(len(NODES))
    routes = json.dumps([f"nats://localhost:{port}" for port in ports])
    async with AsyncExitStack() as stack:
        nodes = [
            Sample(
                keys=keys, folder=tmp_path / name, conf="node.conf", node=name,
                more={"NATS_CLUSTER_LISTEN": f"127.0.0.1:{port}", "NATS_ROUTES": routes},
            )
            for name, port in zip(NODES, ports, strict=True)
        ]  # fmt: skip
        for node in nodes:
            node.start()
        for node in nodes:
            await stack.enter_async_context(node)
        yield nodes


async def leader_of(node: Sample, name: str) -> str:
    """Who answers for a stream; empty while nobody does. Without a stream: whether the nodes have found each other."""
    client = await nats.connect(await node.url(), **node.options("operator"))
    try:
        answer = orjson.loads((await client.request(f"$JS.API.{name}", timeout=2)).data)
    except nats.errors.Error:
        return ""
    finally:
        await client.close()
    return "" if "error" in answer else str(answer.get("cluster", {}).get("leader", name))


async def test_streams_of_three_replicas_outlive_a_node(cluster: list[Sample], tmp_path: Path) -> None:
    urls = ",".join([await node.url() for node in cluster])
    us = {name: await cluster[0].settings(name) | {"NATS_URL": urls} for name in ("operator", "indexer")}
    options = cluster[0].options("operator")
    await until(partial(leader_of, cluster[0], "STREAM.NAMES"), pause=0.2)
    made = await indexer("jetstream", "init", "--replicas", "3", cwd=tmp_path, **us["operator"])
    assert made.code == 0, made.said
    async with standing(tmp_path / "truth", first_slot=FIRST, blocks=10) as chain:
        info = await ask(await cluster[0].url(), "STREAM.INFO.dex-swaps", **options)
        config = info["config"] | {"metadata": {"genesis_hash": chain.genesis_hash}}
        await ask(await cluster[0].url(), "STREAM.UPDATE.dex-swaps", config, **options)
        run = ("run", "--replay-from-slot", str(FIRST), "--to-slot")
        half = await indexer(*run, str(FIRST + 4), cwd=tmp_path, **peers(chain), **us["indexer"])
        assert half.code == 0, half.said
        leader = info["cluster"]["leader"]
        lost = next(node for node in cluster if node.folder.name == leader)
        left = next(node for node in cluster if node is not lost)
        assert lost.process is not None
        lost.process.kill()
        await asyncio.to_thread(lost.process.wait)

        async def led_again() -> bool:
            return await leader_of(left, "STREAM.INFO.dex-swaps") not in ("", leader)

        await until(led_again, pause=0.5)
        rest = await indexer(*run, str(FIRST + 8), cwd=tmp_path, **peers(chain), **us["indexer"])
        assert rest.code == 0, rest.said
        info = await ask(await left.url(), "STREAM.INFO.dex-swaps", {"subjects_filter": "dex.sol.slots"}, **options)
    assert info["config"]["num_replicas"] == 3
    assert info["state"]["subjects"]["dex.sol.slots"] >= 8


async def test_a_client_certificate_opens_no_route(cluster: list[Sample], keys: Path) -> None:
    """The same CA signs clients and nodes: a node is who has a host of the routes in its certificate."""
    host, _, port = (await cluster[0].ports())["cluster"][0].rpartition(":")
    context = ssl.create_default_context(cafile=keys / "ca.pem")

    async def greet(name: str) -> str:
        """What a node answers to somebody with this certificate on its port for routes: TLS is first there."""
        context.load_cert_chain(keys / f"{name}.pem", keys / f"{name}.key")
        try:
            reader, writer = await asyncio.open_connection(host.rpartition("/")[2], int(port), ssl=context)
        except OSError as error:
            return str(error)
        try:
            writer.write(
                b'CONNECT {"verbose":false,"pedantic":false,"tls_required":true,"name":"X","cluster":"dex"}\r\nPING\r\n'
            )
            async with asyncio.timeout(30):
                assert (await reader.readline()).startswith(b"INFO ")
                return (await reader.readline()).decode()
        except OSError as error:
            return str(error)
        finally:
            writer.close()

    assert await greet("two") == "PONG\r\n"
    assert "Authorization Violation" in await greet("operator")
