"""Generated blocks as files for `--record`."""

from collections.abc import Sequence
from pathlib import Path

from indexer.localnet.generate import Generated


def record(folder: Path, slots: Sequence[int], *, seed: int = 5) -> list[str]:
    """Blocks of ``slots`` in folder/record; the ids of their swaps in order."""
    chain = Generated(seed=seed, transactions_per_block=15, skip_share=0)
    (folder / "record" / "blocks").mkdir(parents=True)
    for slot in slots:
        block = chain.block(slot)
        assert block is not None
        (folder / "record" / "blocks" / f"{slot}.json").write_bytes(block.body)
    return [swap.id for slot in slots for swap in chain.truth_of(slot)]
