"""Names of well-known mints, for people's eyes only: nothing published depends on them."""

_NAMES = {
    "So11111111111111111111111111111111111111112": "SOL",
    "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v": "USDC",
    "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB": "USDT",
    "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263": "BONK",
    "JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN": "JUP",
    "EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm": "WIF",
    "mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So": "mSOL",
    "J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn": "JitoSOL",
    "4k3Dyjzvzp8eMZWUXbBCjEvwSkkk59S5iCNLY3QrkX6R": "RAY",
    "orcaEKTdK7LKz57vaAYr9QeNsVEPfiu6QeMU1kektZE": "ORCA",
    "HZ1JovNiVvGrGNiiYvEozEVgZ58xaU3RKwX8eACQBCt3": "PYTH",
    "cbbtcf3aa214zXHbiAZQwf4122FBYbraNdFqgw4iMij": "cbBTC",
    "7vfCXTUXx5WJV5JADk17DUJ4ksgau7utNKj4b963voxs": "ETH",
    "27G8MtK7VtTcCHkpASjSDdkWWYfoqT6ggEuKidVJidD4": "JLP",
}


_WHOLE_ONLY = 1000  # from here the fraction says nothing to a reader


def token_name(mint: str) -> str:
    """The token's name where it is well known, else its shortened address."""
    return _NAMES.get(mint) or f"{mint[:4]}…{mint[-4:]}"


def human_amount(raw: int, decimals: int | None) -> str:
    """Raw units as people read them; without known decimals the raw number, marked."""
    if decimals is None:
        return f"{raw:,} raw"
    whole, fraction = divmod(raw, 10**decimals)
    if whole >= _WHOLE_ONLY or decimals == 0:
        return f"{whole:,}"
    digits = f"{fraction:0{decimals}d}"[:6].rstrip("0")
    if not whole and raw and not digits:
        return f"{raw}e-{decimals}"
    return f"{whole}.{digits}" if digits else str(whole)


def exact_amount(raw: int, decimals: int | None) -> str:
    """Raw units with every digit; without known decimals the raw number, marked."""
    if decimals is None:
        return f"{raw:,} raw"
    whole, fraction = divmod(raw, 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole:,}.{digits}" if digits else f"{whole:,}"
