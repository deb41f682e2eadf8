"""The HTTP side for operators."""

import socket

import aiohttp
import pytest

from indexer.errors import UsageError
from indexer.health import Probe, require_free, serve_health
from indexer.metrics import Metrics


async def test_metrics_and_probes_answer() -> None:
    metrics = Metrics()
    metrics.swaps.labels("pumpswap").inc(3)
    well = {"value": True}
    probes: dict[str, Probe] = {"healthy": lambda: (True, {"a": 1}), "ready": lambda: (well["value"], {"slot_lag": 7})}
    async with serve_health("127.0.0.1:0", metrics, **probes) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/metrics") as answer:
            assert 'indexer_swaps_total{program="pumpswap"} 3.0' in await answer.text()
        async with session.get(f"{url}/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"ok": True, "a": 1})
        well["value"] = False
        async with session.get(f"{url}/readyz") as answer:
            assert (answer.status, await answer.json()) == (503, {"ok": False, "slot_lag": 7})


async def test_a_taken_port_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} for metrics is taken") as error:
            async with serve_health(
                f"127.0.0.1:{port}", Metrics(), healthy=lambda: (True, {}), ready=lambda: (True, {})
            ):
                pass
        with pytest.raises(UsageError, match=f"port {port} for metrics is taken"):
            await require_free(f"127.0.0.1:{port}")
    assert "--metrics-addr" in error.value.hint
    await require_free(f"127.0.0.1:{port}")


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1:", ":99999"])
async def test_a_wrong_address_is_a_clear_error(address: str) -> None:
    with pytest.raises(UsageError, match="is not host:port"):
        async with serve_health(address, Metrics(), healthy=lambda: (True, {}), ready=lambda: (True, {})):
            pass
