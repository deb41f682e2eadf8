"""What can go wrong with a node: each a field that is a flag and can be changed while the node runs."""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

_SHARES = 2.0**64


@dataclass(slots=True, kw_only=True)
class Faults:
    """Faults of one node. A share is the probability of each case, 0 to 1; 0, empty and false are harmless.

    Assign to a field at any time. Every assignment is checked: TypeError or ValueError names the field.
    """

    lost_notifications: float = field(default=0.0, metadata={"help": "share of log notifications never sent"})
    silent_sockets: bool = field(default=False, metadata={"help": "sockets stay open and say nothing more"})
    frozen_sockets: bool = field(default=False, metadata={"help": "silent, and pings stay unanswered"})
    close_every_messages: int = field(default=0, metadata={"help": "close a socket after so many messages"})
    notification_delay_seconds: float = field(default=0.0, metadata={"help": "notifications come so much later"})
    truncated_logs: float = field(default=0.0, metadata={"help": 'share of transactions with "Log truncated"'})
    block_delay_seconds: float = field(default=0.0, metadata={"help": "getBlock answers so much later"})
    transaction_delay_seconds: float = field(default=0.0, metadata={"help": "getTransaction answers so much later"})
    null_block: float = field(default=0.0, metadata={"help": "share of getBlock answered null"})
    null_transaction: float = field(default=0.0, metadata={"help": "share of getTransaction answered null"})
    too_many_requests: float = field(default=0.0, metadata={"help": "share answered 429 with Retry-After"})
    retry_after_seconds: float = field(default=0.0, metadata={"help": "what Retry-After says"})
    server_error: float = field(default=0.0, metadata={"help": "share answered 502 with an HTML body"})
    truncated_body: float = field(default=0.0, metadata={"help": "share of bodies that end in the middle"})
    garbage_body: float = field(default=0.0, metadata={"help": "share answered 200 with HTML"})
    stale_slots: int = field(default=0, metadata={"help": "the node lags so many slots behind the chain"})
    skipped_slots: float = field(default=0.0, metadata={"help": "share of slots without a block (generated chains)"})
    false_not_available: float = field(default=0.0, metadata={"help": "share of getBlock refused with -32004"})
    false_skipped: float = field(default=0.0, metadata={"help": "share of getBlock refused with -32007"})
    false_long_term_skipped: float = field(default=0.0, metadata={"help": "share of getBlock refused with -32009"})
    false_not_yet: float = field(default=0.0, metadata={"help": "share of getBlock refused with -32014"})
    false_unhealthy: float = field(default=0.0, metadata={"help": "share of all calls refused with -32005"})
    missing_slots: frozenset[int] = field(default=frozenset(), metadata={"help": "slots this node has not, for ever"})
    history_slots: int = field(default=0, metadata={"help": "the node keeps only so many slots of the ledger"})
    version_one: float = field(default=0.0, metadata={"help": "share of blocks with a version-1 transaction"})
    huge_block: float = field(default=0.0, metadata={"help": "share of blocks padded with strangers to 20 MB"})
    listing_holes: float = field(default=0.0, metadata={"help": "share of slots that getBlocks leaves out"})
    seed: int = field(default=0, metadata={"help": "the same faults again for the same calls"})
    _random: random.Random = field(default_factory=random.Random, init=False, repr=False)

    def __setattr__(self, name: str, value: Any) -> None:
        checked = value if name == "_random" else _checked(name, value)
        object.__setattr__(self, name, checked)
        if name == "seed":
            object.__setattr__(self, "_random", random.Random(value))  # noqa: S311 - repeatability, not secrecy

    def __post_init__(self) -> None:
        self.seed = self.seed  # seeds what the last field's default just replaced

    def happens(self, share: float) -> bool:
        """One throw of the dice."""
        return share > 0 and self._random.random() < share

    def concerns(self, fault: str, thing: str) -> bool:
        """Whether a share's fault concerns a thing (a slot, a signature): the same answer each time it is asked."""
        share: float = getattr(self, fault)
        return share > 0 and _share_of(f"{self.seed} {fault} {thing}") < share

    def state(self) -> dict[str, Any]:
        """All fields as JSON values."""
        values = {name: getattr(self, name) for name in names()}
        return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}

    def update(self, values: Mapping[str, Any]) -> None:
        """Assign several fields, or none of them. Raises TypeError or ValueError that names the wrong one."""
        checked = {name: _checked(name, value) for name, value in values.items()}
        for name, value in checked.items():
            setattr(self, name, value)


def names() -> list[str]:
    """The fields a person may set."""
    return [one.name for one in fields(Faults) if not one.name.startswith("_")]


_DEFAULTS: dict[str, Any] = {}


def _checked(name: str, value: Any) -> Any:
    default = _defaults().get(name)
    if default is None:
        raise ValueError(f"no fault is called {name}; there are {', '.join(names())}")
    if isinstance(default, frozenset):
        return _checked_slots(name, value)
    if isinstance(default, bool) != isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} is {type(default).__name__}, not {value!r}")
    if isinstance(default, int) and not isinstance(value, int):
        raise TypeError(f"{name} is a whole number, not {value!r}")
    if value < 0 or (_is_share(name, default) and value > 1):
        raise ValueError(f"{name} is {'a share from 0 to 1' if _is_share(name, default) else '0 or more'}, not {value}")
    return value


def _checked_slots(name: str, value: Any) -> frozenset[int]:
    if isinstance(value, str | bytes) or not all(isinstance(slot, int) and slot >= 0 for slot in value):
        raise TypeError(f"{name} is a list of slots, not {value!r}")
    return frozenset(value)


def _is_share(name: str, default: Any) -> bool:
    return isinstance(default, float) and not name.endswith("_seconds")


def _defaults() -> Mapping[str, Any]:
    if not _DEFAULTS:
        _DEFAULTS.update({one.name: one.default for one in fields(Faults) if not one.name.startswith("_")})
    return _DEFAULTS


def _share_of(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / _SHARES
