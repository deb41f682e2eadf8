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
        "a trade is spread over two transactions: one takes the input, a later one pays the output; neither shows both",
    ),
    Undecodable(
        "obric_v3",
        "ob2wXVFGiWXkPwYv8CSpPMm5m3NR7DjSrVJAHGSb9Gu",
        "its reserves are lent out and come back inside the swap: which vault pays the trader is not known",
    ),
    Undecodable(
        "openbook_v1",
        "srmqPvymJeFKQ4zGQed1GFppgkRHL9kaELCbyksJtPX",
        "orders are matched into an event queue, an account: no transaction says what a taker got",
    ),
    Undecodable(
        "serum_v3",
        "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin",
        "orders are matched into an event queue, an account: no transaction says what a taker got",
    ),
    Undecodable(
        "stratabook",
        "strataZWURmW6bzMWpkLCAFxNFrQXCNSE9cSmBmdPgP",
        "neither an instruction nor the 100 bytes of its fill record are known",
    ),
    Undecodable(
        "dumpfun",
        "DumpFunGAgW6kPHzWMA3Nnqecyrd6SGnLZvNGp2aHwEa",
        "which account holds the SOL, and whether the event counts platform and creator taxes, is not known",
    ),
    Undecodable(
        "sugar",
        "deus4Bvftd5QKcEkE5muQaWGWDoma8GrySvPFrBPjhS",
        "vaults and token accounts of its instructions are not known",
    ),
    Undecodable(
        "trench",
        "8ZoPDsvLWXthQaZz6aJJEWNFBZKk2ePuygi6LHT7F7Hh",
        "accounts of its instructions and the layout of its event, which alone states the SOL of a sale, are not known",
    ),
)
