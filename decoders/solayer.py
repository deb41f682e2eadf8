"""Solayer: a liquid staking token restaked for one of Solayer's."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="solayer",
    address="endoLNCKTqDn8gSVnN2hDdpgACUPWHZTwoYnnMybpAT",
    kind="conversion",
    default=False,
    swaps=tuple(
        SwapIx(name, accounts=7, pool=1, vaults=(3, 2), users=(5, 6), mints=(4, 2), user=0)
        for name in ("delegate", "delegate_no_init", "undelegate", "undelegate_no_init")
    ),
    # github.com/solayer-labs/solayer-cli
    others="create transfer_authority update_token_metadata update_endoavs",
)
