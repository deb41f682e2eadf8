"""What a pull consumer hands over, and the server's words about a pull. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_PLAIN_TOKENS = 9
_FIRST_OF_LONG = 4  # with a domain and an account in front, and a token behind
ACK, IN_PROGRESS = b"+ACK", b"+WPI"
#: what a pull's status means for it: it stands, it has ended, or the consumer is not there any more
Meaning = Literal["stands", "ended", "gone"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as a consumer delivered it.

    ``sequence`` is the stream's; ``order`` the consumer's, one more with each delivery; ``deliveries`` counts those of
    this message, 1 at first; ``pending`` messages were behind it then; ``seconds`` is when it was stored, Unix time.
    """

    sequence: int
    order: int
    deliveries: int
    pending: int
    seconds: float
    subject: str
    headers: Mapping[str, str]
    payload: bytes
    reply: str


def emptied(one: Delivery) -> Delivery:
    """The same without its payload: enough to ack it later."""
    return replace(one, headers=_NO_HEADERS, payload=b"")


def delivery(subject: str, reply: str, headers: Mapping[str, str] | None, payload: bytes) -> Delivery:
    """Read a message of a pull. Raises ValueError when its reply subject is not one of JetStream's."""
    tokens = reply.split(".")
    if not reply.startswith("$JS.ACK.") or len(tokens) < _PLAIN_TOKENS:
        raise ValueError(f"not a delivery: {reply!r}")
    first = _FIRST_OF_LONG if len(tokens) == _PLAIN_TOKENS else _FIRST_OF_LONG + 2
    deliveries, sequence, order, nanoseconds, pending = map(int, tokens[first : first + 5])
    return Delivery(
        sequence, order, deliveries, pending, nanoseconds / 1e9, subject, headers or _NO_HEADERS, payload, reply
    )


def meaning(status: str, description: str) -> Meaning:
    """What a status message says of the pull it answers."""
    if status == "100":
        return "stands"
    return "gone" if "consumer deleted" in description.lower() else "ended"
