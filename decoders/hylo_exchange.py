"""Hylo: liquid staking tokens, hyUSD and xSOL against each other at the protocol's own price (its public SDK)."""

from decoders.engine.spec import Program, SwapIx

#: names, accounts, pool, vaults, users, mints; stable and lever coins are burned and minted
_ROWS: tuple[tuple[str, int, int, tuple[int, int], tuple[int, int], tuple[int, ...]], ...] = (
    ("swap_lst", 16, 1, (5, 10), (3, 8), (2, 7)),
    ("swap_lst_to_lst", 17, 1, (5, 10), (3, 8), ()),
    ("swap_lst_to_usdc swap_lst_to_usdc_all swap_usdc_to_lst", 25, 4, (11, 12), (14, 15), ()),
    ("swap_exo_to_usdc swap_exo_to_usdc_all swap_usdc_to_exo", 25, 3, (10, 11), (13, 14), ()),
    ("swap_stable_to_lever swap_lever_to_stable", 12, 1, (3, 8), (7, 10), (3, 8)),
)

PROGRAM = Program(
    name="hylo_exchange",
    address="HYEXCHtHkBagdStcJCp3xbbb9B7sdMdWXFNj6mdsG4hn",
    kind="conversion",
    default=False,
    swaps=(
        *(
            SwapIx(name, accounts=accounts, pool=pool, vaults=vaults, users=users, mints=mints, user=0)
            for names, accounts, pool, vaults, users, mints in _ROWS
            for name in names.split()
        ),
    ),
)
