"""M0 swap facility: stablecoins that wrap M, burned and minted one for one by programs of their own.

The amount counts M: of a stablecoin that earns by a multiplier, less is burned (m0-foundation/solana-m-extensions).
"""

from decoders.engine.spec import Args, Program, SwapIx, at_most

PROGRAM = Program(
    name="m_swap",
    address="MSwapi3WhNKMUGm9YrxGhypgUEt7wYQH3ZgG32XoWzH",
    kind="conversion",
    default=False,
    swaps=(
        SwapIx(
            "swap", accounts=24, pool=3, vaults=(6, 7), users=(9, 10), mints=(6, 7), user=0,
            args=Args("amount:u64", (at_most("in", "amount"),)),
        ),
    ),
    partly="wrap and unwrap, M itself against a stablecoin: no transaction on record",
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="initialize_global remove_whitelisted_extension remove_whitelisted_unwrapper whitelist_extension"
    " whitelist_unwrapper",
)  # fmt: skip
