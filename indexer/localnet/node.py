"""A Solana RPC and PubSub node, on loopback unless told otherwise: start it, steer it, stop it."""

import socket
from types import TracebackType
from typing import Self

from aiohttp import web
from websockets.asyncio.server import serve

from indexer.localnet.chain import Chain
from indexer.localnet.faults import Faults
from indexer.localnet.http import Http
from indexer.localnet.methods import Methods
from indexer.localnet.pubsub import PubSub
from indexer.localnet.source import Source
from indexer.localnet.visible import Visible

HOST = "127.0.0.1"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - a container's own network; never the default
#: what Agave takes in one websocket frame
_FRAME_BYTES = 4096
_PAIR_TRIES = 50
_BACKLOG = 256


class Localnet:
    """`async with Localnet(source) as net:` serves ``net.rpc_url`` and ``net.ws_url`` until the block ends.

    ``chain`` is a Chain, which several nodes may share, or a Source, which becomes a chain with everything of a record,
    or the first block of a generator, in its ledger. The first node of a chain to start runs it. Ports of 0 are taken
    free, PubSub's next to HTTP's. ``host`` is the IPv4 address or name listened on, loopback unless it is given. Raises
    OSError when a port is taken.
    """

    def __init__(
        self,
        chain: Chain | Source,
        *,
        host: str = HOST,
        http_port: int = 0,
        ws_port: int = 0,
        faults: Faults | None = None,
        confirmed_lag_slots: int = 0,
        finalized_lag_slots: int = 0,
    ) -> None:
        self.chain = chain if isinstance(chain, Chain) else Chain(chain)
        self.faults = faults or Faults()
        self.genesis_hash = self.chain.genesis_hash
        self.label = f"LOCALNET, {self.chain.kind}"
        self._host, self._ports = host, (http_port, ws_port)
        visible = Visible(
            self.chain,
            self.faults,
            confirmed_lag_slots=confirmed_lag_slots,
            finalized_lag_slots=finalized_lag_slots,
        )
        self._http = Http(Methods(visible, genesis_hash=self.genesis_hash), self.faults)
        self._pubsub = PubSub(visible, self.faults)
        self.rpc_url = self.ws_url = ""

    @property
    def tip(self) -> int:
        """The last slot produced."""
        return self.chain.tip

    @property
    def calls(self) -> dict[str, int]:
        """RPC calls answered so far, by method."""
        return self._http.calls

    def produce(self, blocks: int = 1) -> int:
        """Produce blocks now and give how many there were: fewer when a record ends."""
        return self.chain.produce(blocks)

    def pause(self) -> None:
        """Produce no more by time."""
        self.chain.paused = True

    def resume(self) -> None:
        """Undo `pause`."""
        self.chain.paused = False

    def changed(self) -> None:
        """Call after changing ``faults`` in code: what they held back goes out, sockets freeze or thaw."""
        self._pubsub.changed()

    async def close_sockets(self) -> int:
        """Cut every PubSub connection and give how many there were."""
        return await self._pubsub.close_sockets()

    async def start(self) -> None:
        """Bind, serve, and produce by time if the chain does."""
        http_socket, ws_socket = _bound(self._host, *self._ports)
        self._runner = web.AppRunner(self._http.application(self), access_log=None, handle_signals=False)
        await self._runner.setup()
        await web.SockSite(self._runner, http_socket, backlog=_BACKLOG).start()
        self._server = await serve(
            self._pubsub.serve, sock=ws_socket, max_size=_FRAME_BYTES, compression=None, ping_interval=None
        )
        shown = HOST if self._host == _EVERYWHERE else self._host
        self.rpc_url = f"http://{shown}:{http_socket.getsockname()[1]}"
        self.ws_url = f"ws://{shown}:{ws_socket.getsockname()[1]}"
        self.chain.join(self._pubsub.advance, lambda: self.faults.skipped_slots)

    async def stop(self) -> None:
        """Close everything; the chain stops with its last node."""
        await self.chain.leave(self._pubsub.advance)
        await self._pubsub.close_sockets()
        self._server.close()
        await self._server.wait_closed()
        await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def _bound(host: str, http_port: int, ws_port: int) -> tuple[socket.socket, socket.socket]:
    """Two bound sockets; free ones are neighbours when the machine has such a pair."""
    for attempt in range(_PAIR_TRIES):
        first = _socket(host, http_port)
        neighbour = ws_port or first.getsockname()[1] + 1
        try:
            return first, _socket(host, neighbour)
        except (OSError, OverflowError):
            if ws_port or http_port or attempt == _PAIR_TRIES - 1:
                first.close()
                raise
            first.close()
    raise AssertionError("the loop returns or raises")


def _socket(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"{host}:{port}: {error.strerror}") from error
    return bound
