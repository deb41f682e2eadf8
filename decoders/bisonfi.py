"""BisonFi: a proprietary AMM without a public interface."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Args, Program, SwapIx, at_most

_SIGNED_QUOTE = Args("amount_in:u64", (at_most("in", "amount_in"),))

PROGRAM = Program(
    name="bisonfi",
    address="BiSoNHVpsVZW2F7rx2eQ59yQwKxzU5NvBcmKshCSUypi",
    kind="prop_amm",
    swaps=tuple(
        SwapIx(name, tag=tag, accounts=8, pool=1, vaults=(2, 3), users=(4, 5), user=0, args=args)
        for name, tag, args in (
            ("swap_tag_02", b"\x02", UP_TO_IN),
            ("swap_tag_07", b"\x07", UP_TO_IN),
            ("swap_signed_quote", b"\x13", _SIGNED_QUOTE),
        )
    ),
    others=(b"\x14",),  # a keeper's price
)
