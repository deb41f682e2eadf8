"""Programs that are known but not decoded, each with the reason: nothing is half-decoded."""

from typing import NamedTuple


class Undecodable(NamedTuple):
    """A venue or conversion whose swaps cannot be told truthfully from what is known of it."""

    name: str
    address: str
    reason: str


UNDECODABLE: tuple[Undecodable, ...] = ()
