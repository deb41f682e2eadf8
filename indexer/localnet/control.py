"""The control path of a running node: its faults and its chain, by HTTP."""

from typing import Any, Protocol

import orjson
from aiohttp import web

from indexer.localnet.chain import Chain
from indexer.localnet.faults import Faults


class Controlled(Protocol):
    """The node that is steered."""

    @property
    def faults(self) -> Faults:
        """Its faults."""

    @property
    def chain(self) -> Chain:
        """Its chain, maybe shared."""

    @property
    def label(self) -> str:
        """What a person is told of the data."""

    def changed(self) -> None:
        """Faults changed: what they held back may go out."""

    async def close_sockets(self) -> int:
        """Close every PubSub socket and give how many there were."""


def add_control(application: web.Application, node: Controlled) -> None:
    """Add the routes below /localnet."""
    control = _Control(node)
    application.router.add_get("/localnet", control.state)
    application.router.add_get("/localnet/faults", control.faults)
    application.router.add_post("/localnet/faults", control.set_faults)
    application.router.add_post("/localnet/produce", control.produce)
    application.router.add_post("/localnet/pause", control.pause)
    application.router.add_post("/localnet/continue", control.go_on)
    application.router.add_post("/localnet/close-sockets", control.close_sockets)


class _Control:
    def __init__(self, node: Controlled) -> None:
        self._node = node

    async def state(self, _: web.Request) -> web.Response:
        chain = self._node.chain
        return _json(
            {
                "label": self._node.label,
                "genesis_hash": chain.genesis_hash,
                "first_slot": chain.first,
                "tip_slot": chain.tip,
                "paused": chain.paused,
                "exhausted": chain.exhausted,
                "faults": self._node.faults.state(),
            }
        )

    async def faults(self, _: web.Request) -> web.Response:
        return _json(self._node.faults.state())

    async def set_faults(self, request: web.Request) -> web.Response:
        try:
            self._node.faults.update(_object(await request.read()))
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, status=400)
        self._node.changed()
        return _json(self._node.faults.state())

    async def produce(self, request: web.Request) -> web.Response:
        try:
            blocks = orjson.loads(await request.read() or b"{}").get("blocks", 1)
            made = self._node.chain.produce(blocks)
        except (AttributeError, TypeError, ValueError):
            return _json({"error": 'the body is empty or {"blocks": N}'}, status=400)
        return _json({"blocks": made, "tip_slot": self._node.chain.tip})

    async def pause(self, _: web.Request) -> web.Response:
        self._node.chain.paused = True
        return _json({"paused": True})

    async def go_on(self, _: web.Request) -> web.Response:
        self._node.chain.paused = False
        return _json({"paused": False})

    async def close_sockets(self, _: web.Request) -> web.Response:
        return _json({"closed": await self._node.close_sockets()})


def _json(value: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json", status=status)


def _object(text: bytes) -> dict[str, Any]:
    values = orjson.loads(text)
    if not isinstance(values, dict):
        raise TypeError('faults are an object, such as {"null_block": 0.1}')
    return values
