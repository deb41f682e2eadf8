"""What an RPC endpoint can answer instead of a result, as typed errors. Codes as Agave gives them.

None of the "no such block" codes proves that a slot was skipped: nodes have holes, and a snapshot jump, a lagging
replay and a truly skipped slot look alike. Only the next block's parent link proves it.
"""

from typing import Any, ClassVar

import msgspec

from indexer.errors import FatalError, TransientError


class RpcError(TransientError):
    """An endpoint did not give what was asked; ``outcome`` is the label of the metric."""

    outcome: ClassVar[str] = "refused"


class BlockUnavailable(RpcError):
    """No endpoint that answered has a block for this slot: not yet, not any more, or there never was one."""

    outcome = "unavailable"


class HistoryGone(RpcError):
    """Thrown away long ago; ``first_available`` is the oldest block there is. ``by_all``: every endpoint says so."""

    outcome = "gone"

    def __init__(self, message: str, *, first_available: int, by_all: bool = True) -> None:
        super().__init__(message)
        self.first_available = first_available
        self.by_all = by_all


class NodeBehind(RpcError):
    """The endpoint lags or is unhealthy: another one, or the same one later."""

    outcome = "behind"


class RateLimited(RpcError):
    """Too many requests; ``retry_after_seconds`` when the endpoint said how long."""

    outcome = "rate_limited"


class EndpointDown(RpcError):
    """No connection, no answer in time, or an HTTP error."""

    outcome = "down"


class Garbage(RpcError):
    """The answer is not JSON-RPC: HTML, a cut body, the wrong id, a broken encoding."""

    outcome = "garbage"


class BodyTooLarge(RpcError):
    """The answer is larger than the limit."""

    outcome = "too_large"


class Unauthorized(RpcError):
    """The endpoint wants another key, or does not let us in from here."""

    outcome = "unauthorized"


class Refused(RpcError):
    """The endpoint understood and said no, for a reason of its own: an internal error, its storage."""


class NotServed(Refused):
    """The endpoint does not serve such calls at all: unknown method, no transaction history, invalid parameters."""


class UnsupportedVersion(FatalError):
    """A block holds a transaction of a version above the ceiling: nothing may be skipped, so the process stops."""

    exit_code = 2

    def __init__(self, message: str, *, ceiling: int) -> None:
        super().__init__(
            f"a block holds a transaction newer than version {ceiling}: {message}",
            hint=f"start again with --max-tx-version {ceiling + 1} (or higher); "
            "make sure that this build decodes that version",
        )


class ErrorObject(msgspec.Struct, gc=False):
    """The ``error`` of a JSON-RPC answer."""

    code: int
    message: str = ""
    data: Any = None


_CLEANED_UP = -32001
_UNSUPPORTED_VERSION = -32015
_UNAVAILABLE = frozenset({-32004, -32007, -32009, -32014})
_NOT_SERVED = frozenset({-32600, -32601, -32602, -32011})
_BEHIND = frozenset({-32005, -32016})
_RATE_LIMITED = frozenset({429, -32429, -32029})


def typed_error(error: ErrorObject, *, max_tx_version: int) -> RpcError | UnsupportedVersion:
    """The error for a JSON-RPC error object; its message is the endpoint's own, keys not yet removed."""
    said = f"{error.message or 'no message'} ({error.code})"
    if error.code in _RATE_LIMITED or _is_limit(error):
        return RateLimited(said)
    if error.code in _UNAVAILABLE:
        return BlockUnavailable(said)
    if error.code in _BEHIND:
        return NodeBehind(said)
    if error.code == _CLEANED_UP and (first := _first_available(error.message)) is not None:
        return HistoryGone(said, first_available=first)
    if error.code == _UNSUPPORTED_VERSION:
        return UnsupportedVersion(said, ceiling=max_tx_version)
    return NotServed(said) if error.code in _NOT_SERVED else Refused(said)


def _is_limit(error: ErrorObject) -> bool:
    """Some providers use -32007, and 4xx-like codes of their own, for their request limit."""
    text = error.message.lower()
    return "skipped" not in text and ("request limit" in text or "rate limit" in text or "too many requests" in text)


def _first_available(message: str) -> int | None:
    """The slot that ends "… First available block: 123"."""
    number = message.rpartition(":")[2].strip().rstrip(".")
    return int(number) if number.isascii() and number.isdecimal() else None
