"""HumidiFi: a proprietary AMM. No interface is public; the data is masked and the last byte tells the instruction."""

from decoders.engine.obfuscated import humidifi
from decoders.engine.spec import Args, Program, SwapIx, at_most

_ARGS = Args("nonce:u64 amount_in:u64", (at_most("in", "amount_in"),))

PROGRAM = Program(
    name="humidifi",
    address="9H6tua7jkLhdm3w8BvgpTn5LZNU7g4ZynDmCiNN3q6Rp",
    kind="prop_amm",
    reveal=humidifi,
    swaps=tuple(
        SwapIx(
            name,
            tag=tag,
            at=size - 1,
            size=size,
            accounts=accounts,
            pool=1,
            vaults=(2, 3),
            users=(4, 5),
            user=0,
            args=args,
        )
        for name, tag, size, accounts, args in (
            ("swap_obfuscated", b"\x04", 25, 8, _ARGS),
            ("swap_obfuscated", b"\x0f", 25, 8, _ARGS),
            ("swap_obfuscated", b"\x14", 25, 8, _ARGS),
            ("swap_signed_quote_113", b"\x1c", 113, 8, None),
            ("swap_signed_quote_137", b"\x32", 137, 8, None),
        )
    ),
)
