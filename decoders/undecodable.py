"""Programs that are known but not decoded, each with the reason: nothing is half-decoded."""

from typing import NamedTuple


class Undecodable(NamedTuple):
    """A venue or conversion whose swaps cannot be told truthfully from what is known of it."""

    name: str
    address: str
    reason: str


UNDECODABLE: tuple[Undecodable, ...] = (
    Undecodable(
        "darklake",
        "darkr3FB87qAZmgLwKov6Hk9Yiah5UT4rUYu8Zhthw1",
        "a trade is spread over two transactions: one takes the input, a later one pays the output; no account layout",
    ),
    Undecodable(
        "obric_v3",
        "ob2wXVFGiWXkPwYv8CSpPMm5m3NR7DjSrVJAHGSb9Gu",
        "its reserves are lent out and come back inside the swap: which vault pays the trader is not known",
    ),
)
