"""BisonFi Predict: a market maker of outcome tokens, which it splits and merges with three vaults inside a swap."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="bisonfi_predict",
    address="2DNbzPochEcyCcWMbL4d9S3u9QqQEj5bbe6cSZFvKsbh",
    kind="prediction_market",
    swaps=tuple(
        SwapIx(name, tag=tag, accounts=18, pool=3, vaults=(4, 5, 8), users=(1, 2), user=0)
        for name, tag in (("swap_tag_05", b"\x05"), ("swap_tag_0e", b"\x0e"))
    ),
)
