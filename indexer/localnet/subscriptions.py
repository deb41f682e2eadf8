"""What a client can subscribe to, and the texts it is sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from indexer.localnet.parameters import Parameters, checked_address
from indexer.localnet.refusal import Refusal
from indexer.localnet.source import Entry
from indexer.localnet.visible import Commitment

Kind = Literal["logs", "slot", "root", "signature"]
_ALL, _ALL_WITH_VOTES = "all", "allWithVotes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription of a socket. ``wanted`` is `all`, `allWithVotes`, an address, or a signature."""

    number: int
    kind: Kind
    commitment: Commitment
    wanted: str = ""

    @property
    def mentions(self) -> bool:
        """Whether ``wanted`` is an address."""
        return self.kind == "logs" and self.wanted not in (_ALL, _ALL_WITH_VOTES)

    def matches(self, entry: Entry) -> bool:
        """Whether a transaction is notified to this subscription."""
        if self.kind == "signature":
            return entry.signature == self.wanted
        if self.wanted == _ALL:
            return not entry.vote
        return self.wanted == _ALL_WITH_VOTES or self.wanted in entry.accounts


def subscription(method: str, params: Any, number: int) -> Subscription:
    """The subscription that a call asks for. Raises Refusal."""
    if method == "logsSubscribe":
        read = Parameters(params, least=1, most=2)
        wanted = _wanted_logs(read[0])
        return Subscription(number=number, kind="logs", commitment=read.config(1).commitment(), wanted=wanted)
    if method == "slotSubscribe":
        Parameters(params, least=0, most=0)
        return Subscription(number=number, kind="slot", commitment="processed")
    if method == "rootSubscribe":
        Parameters(params, least=0, most=0)
        return Subscription(number=number, kind="root", commitment="finalized")
    if method == "signatureSubscribe":
        read = Parameters(params, least=1, most=2)
        signature, commitment = read.signature(0), read.config(1).commitment()
        return Subscription(number=number, kind="signature", commitment=commitment, wanted=signature)
    raise Refusal.method_not_found()


def context(slot: int, value: bytes) -> bytes:
    """A result that belongs to a slot."""
    return b'{"context":{"slot":%d},"value":%b}' % (slot, value)


def logs_value(entry: Entry, logs: Iterable[str] | None) -> bytes:
    """The value of a logs notification."""
    return orjson.dumps({"signature": entry.signature, "err": entry.err, "logs": list(logs or ())})


def notification(one: Subscription, result: bytes) -> bytes:
    """The message that brings ``result`` to a subscription."""
    return b'{"jsonrpc":"2.0","method":"%bNotification","params":{"result":%b,"subscription":%d}}' % (
        one.kind.encode(),
        result,
        one.number,
    )


def _wanted_logs(given: Any) -> str:
    if given in (_ALL, _ALL_WITH_VOTES):
        return str(given)
    keys = given.get("mentions") if isinstance(given, dict) else None
    if not isinstance(keys, list):
        raise Refusal.invalid_params(
            "Invalid params: unknown variant, expected one of `all`, `allWithVotes`, `mentions`."
        )
    if len(keys) != 1:
        raise Refusal.invalid_params("Invalid Request: Only 1 address supported")
    return checked_address(keys[0], "Invalid Request: Invalid mentions provided")
