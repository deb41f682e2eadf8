"""WhaleStreet: a proprietary AMM whose data is masked beyond its tag; one account list for all three tags."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="whalestreet",
    address="FW6zUqn4iKRaeopwwhwsquTY6ABWLLgjxtrC3VPnaWBf",
    kind="prop_amm",
    swaps=tuple(
        SwapIx(name, tag=bytes.fromhex(tag), accounts=8, pool=0, vaults=(3, 4), users=(1, 2), user=5)
        for name, tag in (("swap_2b04", "2b04ed0b1ac91e62"), ("swap_f8c6", "f8c69e91e17587c8"), ("swap_01", "01"))
    ),
)
