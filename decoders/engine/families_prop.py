"""Layouts that proprietary AMMs share; the transfers to and from the vaults are their only full truth."""

from decoders.engine.families import EXACT_IN
from decoders.engine.spec import Args, SwapIx, at_least, at_most

#: the amount alone, whatever follows
AMOUNT_IN = Args("amount_in:u64", (at_most("in", "amount_in"),))
#: the side comes first; which value means which token differs, so the transfers say it
SIDE_FIRST = Args("_:u8 amount_in:u64 minimum_out:u64", (at_most("in", "amount_in"), at_least("out", "minimum_out")))

#: Lifinity, both generations; its fee is minted as pool shares
LIFINITY = (SwapIx("swap", accounts=13, pool=1, vaults=(5, 6), users=(3, 4), user=2, args=EXACT_IN),)
