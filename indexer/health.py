"""The HTTP side for operators: /metrics for Prometheus, /healthz and /readyz with a JSON body."""

import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from indexer.errors import UsageError
from indexer.metrics import Metrics

#: Answers (is it well, what to say); called for each request
Probe = Callable[[], tuple[bool, dict[str, object]]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serve_health(address: str, metrics: Metrics, *, healthy: Probe, ready: Probe) -> AsyncIterator[str]:
    """Serve on ``address`` (host:port, port 0 for a free one) and give the base URL; UsageError if it is taken."""
    host, port = _split(address)
    app = web.Application()
    app.router.add_get("/metrics", _metrics_handler(metrics))
    app.router.add_get("/healthz", _probe_handler(healthy))
    app.router.add_get("/readyz", _probe_handler(ready))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        bound = runner.addresses[0][1]
        shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - compared, not bound
        yield f"http://{shown}:{bound}"
    finally:
        await runner.cleanup()


async def require_free(address: str) -> None:
    """Raise UsageError where ``serve_health`` would: before much is started that would be for nothing."""
    runner = web.AppRunner(web.Application())
    await runner.setup()
    try:
        await _listen(runner, *_split(address))
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host or None, port).start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise UsageError(f"cannot listen on {host}:{port} for metrics: {error.strerror}") from error
        raise UsageError(
            f"port {port} for metrics is taken",
            hint="is another indexer running? choose another: --metrics-addr 127.0.0.1:7778",
        ) from error


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the largest TCP port
        raise UsageError(f"--metrics-addr {address!r} is not host:port", hint="for example 0.0.0.0:7777 or :7777")
    return host.strip("[]"), int(port)


def _metrics_handler(metrics: Metrics) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return handle


def _probe_handler(probe: Probe) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        well, body = probe()
        return web.Response(
            body=orjson.dumps({"ok": well, **body}), status=200 if well else 503, content_type="application/json"
        )

    return handle
