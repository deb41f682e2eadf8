"""Wavebreak: bonding curves that mint what they sell and burn what they buy back (the program's own IDL)."""

from decoders.engine.spec import Args, Program, SwapIx, at_most

_IN = Args("amount_in:u64", (at_most("in", "amount_in"),))
_OUT = Args("amount_out:u64", (at_most("out", "amount_out"),))
_BUY_IN, _BUY_OUT, _SELL_IN, _SELL_OUT = (bytes((tag,)) for tag in range(8, 12))

PROGRAM = Program(
    name="wavebreak",
    address="waveQX2yP3H1pVU8djGvEHmYg8uamQ84AuyGtpsrXTF",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(name, tag=tag, accounts=11, pool=1, vaults=(2, 5), users=(3, 6), mints=(2, 4), user=0, args=args)
        for name, tag, args in (
            ("token_buy_exact_in", _BUY_IN, _IN),
            ("token_buy_exact_out", _BUY_OUT, _OUT),
            ("token_sell_exact_in", _SELL_IN, _IN),
            ("token_sell_exact_out", _SELL_OUT, _OUT),
        )
    ),
    # permissions, token_refund, authorities, mints, graduation, creation, the curve; reserved tags are not among them
    others=tuple(
        bytes((tag,)) for tag in (*range(7), 12, *range(16, 19), *range(24, 27), 32, 33, *range(40, 43), *range(48, 52))
    ),
)
