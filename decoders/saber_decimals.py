"""Saber add-decimals: a token wrapped in one with more decimals, one for one."""

from decoders.engine.spec import Args, Program, SwapIx, exact

_WHOLE = Args("amount_in:u64", (exact("in", "amount_in"),))

PROGRAM = Program(
    name="saber_decimals",
    address="DecZY86MU5Gj7kppfUCEmd4LbXXuyZH1yHaP2NTqdiZB",
    kind="conversion",
    default=False,
    swaps=tuple(
        SwapIx(name, accounts=7, pool=0, vaults=(2, 1), users=(4, 5), user=3, args=args)
        for name, args in (("deposit", _WHOLE), ("withdraw", None))
    ),
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="initialize_wrapper",
)
