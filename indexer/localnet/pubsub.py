"""The node's PubSub side: subscriptions to logs, slots, roots and signatures over websockets."""

import asyncio
from collections import defaultdict
from itertools import count
from typing import Any

import orjson
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from indexer.localnet.faults import Faults
from indexer.localnet.parameters import Parameters
from indexer.localnet.refusal import Refusal
from indexer.localnet.socket import Socket
from indexer.localnet.source import Served
from indexer.localnet.subscriptions import Subscription, context, logs_value, notification, subscription
from indexer.localnet.visible import COMMITMENTS, Commitment, Visible


class PubSub:
    """Serves sockets (`serve` is the handler) and notifies them when `advance` finds that a tip moved."""

    def __init__(self, visible: Visible, faults: Faults) -> None:
        self._visible, self._faults = visible, faults
        self._sockets: set[Socket] = set()
        self._numbers = count()
        self._told: dict[Commitment, int] = {one: visible.tip(one) for one in COMMITMENTS}

    async def serve(self, connection: ServerConnection) -> None:
        """Answer one client until it leaves."""
        socket = Socket(connection, self._faults)
        self._sockets.add(socket)
        try:
            socket.freeze(frozen=self._faults.frozen_sockets)
            async for text in connection:
                socket.send(self._answer(socket, text))
        except ConnectionClosed:
            pass
        finally:
            self._sockets.discard(socket)
            await socket.stop()

    def advance(self) -> None:
        """Notify what became visible since the last call."""
        for commitment in COMMITMENTS:
            tip = self._visible.tip(commitment)
            for slot in self._visible.chain.slots(self._told[commitment] + 1, tip):
                block = self._visible.chain.block(slot)
                if block is not None:
                    self._notify(block, commitment)
                self._told[commitment] = slot

    def changed(self) -> None:
        """Faults changed."""
        for socket in self._sockets:
            socket.freeze(frozen=self._faults.frozen_sockets)
        self.advance()

    async def close_sockets(self) -> int:
        """Cut every connection without a goodbye and give how many there were."""
        sockets = list(self._sockets)
        for socket in sockets:
            socket.abort()
        return len(sockets)

    def _answer(self, socket: Socket, text: str | bytes) -> bytes:
        try:
            asked = orjson.loads(text)
        except orjson.JSONDecodeError:
            return _refused(Refusal.parse_error(), None)
        if isinstance(asked, list) and asked:
            return b"[" + b",".join(self._called(socket, call) for call in asked) + b"]"
        return self._called(socket, asked)

    def _called(self, socket: Socket, call: Any) -> bytes:
        if not isinstance(call, dict) or not isinstance(call.get("method"), str):
            return _refused(Refusal.invalid_request(), None)
        identity = call.get("id")
        try:
            if call.get("jsonrpc") != "2.0":
                raise Refusal.invalid_request("Unsupported JSON-RPC protocol version")
            if call["method"].endswith("Unsubscribe"):
                result: Any = _unsubscribe(socket, call)
            else:
                result = self._subscribe(socket, call)
        except Refusal as refusal:
            return _refused(refusal, identity)
        return b'{"jsonrpc":"2.0","result":%b,"id":%b}' % (orjson.dumps(result), orjson.dumps(identity))

    def _subscribe(self, socket: Socket, call: Any) -> int:
        one = subscription(call["method"], call.get("params"), next(self._numbers))
        socket.subscriptions[one.number] = one
        if one.kind == "signature":
            # after the answer with the number; a signature that is there already is told at once
            asyncio.get_running_loop().call_soon(self._tell_signature, socket, one)
        return one.number

    def _tell_signature(self, socket: Socket, one: Subscription) -> None:
        found = self._visible.find(one.wanted)
        if found and found[0].slot <= self._visible.tip(one.commitment):
            self._notify_entries(found[0], [(socket, one)])

    def _notify(self, block: Served, commitment: Commitment) -> None:
        by_kind = defaultdict(list)
        for socket in self._sockets:
            for one in socket.subscriptions.values():
                if one.commitment == commitment:
                    by_kind[one.kind].append((socket, one))
        for socket, one in by_kind["slot"]:
            root = self._visible.tip("finalized")
            result = {"parent": block.parent_slot, "root": root, "slot": block.slot}
            socket.notify(notification(one, orjson.dumps(result)))
        for socket, one in by_kind["root"]:
            socket.notify(notification(one, b"%d" % block.slot))
        self._notify_entries(block, [*by_kind["logs"], *by_kind["signature"]])

    def _notify_entries(self, block: Served, listeners: list[tuple[Socket, Subscription]]) -> None:
        if not listeners:
            return
        by_address, others = _sorted(listeners)
        for entry in block.entries:
            named = [listener for key in by_address.keys() & entry.accounts for listener in by_address[key]]
            matched = named + [(socket, one) for socket, one in others if one.matches(entry)]
            if not matched:
                continue
            logs = context(block.slot, logs_value(entry, self._visible.logs(entry)))
            for socket, one in matched:
                if one.kind == "signature":
                    done = context(block.slot, orjson.dumps({"err": entry.err}))
                    socket.notify(notification(one, done))
                    socket.subscriptions.pop(one.number, None)
                elif not self._faults.happens(self._faults.lost_notifications):
                    socket.notify(notification(one, logs))


def _sorted(
    listeners: list[tuple[Socket, Subscription]],
) -> tuple[dict[str, list[tuple[Socket, Subscription]]], list[tuple[Socket, Subscription]]]:
    """Listeners to one address by that address, and the others."""
    by_address: dict[str, list[tuple[Socket, Subscription]]] = defaultdict(list)
    others = []
    for listener in listeners:
        if listener[1].mentions:
            by_address[listener[1].wanted].append(listener)
        else:
            others.append(listener)
    return by_address, others


def _unsubscribe(socket: Socket, call: Any) -> bool:
    number = Parameters(call.get("params"), least=1, most=1).number(0)
    one = socket.subscriptions.get(number)
    if one is None or call["method"] != f"{one.kind}Unsubscribe":
        raise Refusal.invalid_params("Invalid subscription id.")
    del socket.subscriptions[number]
    return True


def _refused(refusal: Refusal, identity: Any) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "error": refusal.value(), "id": identity})
