"""A short generated chain and plain calls to a node, for the tests of localnet."""

import gzip
from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp
import orjson

from indexer.localnet.chain import Chain
from indexer.localnet.generate import Generated
from indexer.localnet.node import Localnet

FIRST_SLOT = 1000


def small_chain(blocks: int = 10, *, first_slot: int = FIRST_SLOT, **options: Any) -> Chain:
    """A chain without skipped slots that holds ``blocks`` small blocks at the start."""
    source = Generated(seed=7, first_slot=first_slot, transactions_per_block=8, skip_share=0)
    return Chain(source, preload_blocks=blocks, **options)


class Reply(NamedTuple):
    """What came back over HTTP; the body is still compressed if it came so."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def post(net: Localnet, body: bytes, *, packed: bool = False, path: str = "/") -> Reply:
    """One HTTP request."""
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip" if packed else "identity"}
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.post(net.rpc_url + path, data=body, headers=headers) as response,
    ):
        return Reply(response.status, response.headers, await response.read())


async def answer(net: Localnet, method: str, *params: Any, packed: bool = False) -> Any:
    """The whole JSON-RPC answer to a call."""
    body = orjson.dumps({"jsonrpc": "2.0", "id": "x", "method": method, "params": params})
    reply = await post(net, body, packed=packed)
    text = reply.body
    return orjson.loads(gzip.decompress(text) if reply.headers.get("Content-Encoding") == "gzip" else text)


async def result(net: Localnet, method: str, *params: Any) -> Any:
    """The result of a call that is not refused."""
    answered = await answer(net, method, *params)
    assert "result" in answered, answered
    return answered["result"]


async def error(net: Localnet, method: str, *params: Any) -> Any:
    """The error of a call that is refused."""
    answered = await answer(net, method, *params)
    assert "error" in answered, str(answered)[:200]
    return answered["error"]
