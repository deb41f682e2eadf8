"""What a pull consumer hands over, and the server's words about a pull. Pure."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

_PLAIN_TOKENS = 9
_FIRST_OF_LONG = 4  # with a domain and an account in front, and a token behind
ACK, IN_PROGRESS = b"+ACK", b"+WPI"
#: what a pull's status means for it: it stands, it has ended, or the consumer is not there any more
Meaning = Literal["stands", "ended", "gone"]


class Headers(Mapping[str, str]):
    """Headers as they were sent, read when somebody asks: most messages are never asked."""

    __slots__ = ("_block", "_read")

    def __init__(self, block: bytes = b"") -> None:
        self._block = block
        self._read: dict[str, str] | None = None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.encode() in self._block and name in self._all()

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def _all(self) -> dict[str, str]:
        if self._read is None:
            lines = (line.partition(b":") for line in self._block.split(b"\r\n")[1:])  # behind "NATS/1.0"
            self._read = {_text(name): _text(value) for name, colon, value in lines if colon}
        return self._read


def _text(part: bytes) -> str:
    return part.strip().decode(errors="replace")


class Delivery(msgspec.Struct, frozen=True, gc=False):
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


class Pull(msgspec.Struct, gc=False):
    """One request, where its status goes, what it still may bring. It dies with the connection's ``generation``."""

    reply: str
    generation: int
    left: int


_NO_HEADERS = Headers()


def emptied(one: Delivery) -> Delivery:
    """The same without its payload: enough to ack it later."""
    return msgspec.structs.replace(one, headers=_NO_HEADERS, payload=b"")


def delivery(subject: str, reply: str, headers: bytes, payload: bytes) -> Delivery:
    """Read a message of a pull, ``headers`` as sent. Raises ValueError when its reply subject is not JetStream's."""
    tokens = reply.split(".")
    count = len(tokens)
    if count < _PLAIN_TOKENS or not reply.startswith("$JS.ACK."):
        raise ValueError(f"not a delivery: {reply!r}")
    first = _FIRST_OF_LONG if count == _PLAIN_TOKENS else _FIRST_OF_LONG + 2
    deliveries, sequence, order, nanoseconds, pending = tokens[first : first + 5]
    return Delivery(
        int(sequence),
        int(order),
        int(deliveries),
        int(pending),
        int(nanoseconds) / 1e9,
        subject,
        Headers(headers) if headers else _NO_HEADERS,
        payload,
        reply,
    )


def meaning(status: str, description: str) -> Meaning:
    """What a status message says of the pull it answers."""
    if status == "100":
        return "stands"
    return "gone" if "consumer deleted" in description.lower() else "ended"
