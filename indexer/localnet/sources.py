"""Which blocks `indexer localnet` serves, out of its flags."""

import argparse
import time
from pathlib import Path

from indexer.errors import UsageError
from indexer.localnet.chain import Chain
from indexer.localnet.generate import Generated
from indexer.localnet.joined import Joined
from indexer.localnet.prepared import Prepared
from indexer.localnet.recorded import Recorded
from indexer.localnet.repeated import Repeated
from indexer.localnet.source import Source

_SLOT_MILLISECONDS = 300
#: generated before the start, so that a client finds some history
_HISTORY_BLOCKS = 32
_MiB = 1024 * 1024


def chain_of(args: argparse.Namespace) -> Chain:
    """The chain the flags describe. Raises UsageError or DataError."""
    record = _record(args)
    generated = args.generate or record is None
    milliseconds = args.slot_milliseconds
    if milliseconds is None:
        milliseconds = _SLOT_MILLISECONDS if generated else 0
    preload = args.preload_blocks
    source: Source
    if record is None:
        source = _generated(args, milliseconds)
        preload = _HISTORY_BLOCKS if preload is None else preload
    elif generated:
        source = Joined(record, _generated(args, milliseconds))
        preload = len(record) if preload is None else preload
    else:
        source = record
    if args.ahead_blocks:
        source = Prepared(source, args.ahead_blocks)
    return Chain(
        source,
        slot_milliseconds=milliseconds,
        preload_blocks=preload,
        ledger_slots=args.ledger_slots,
        ledger_bytes=args.ledger_megabytes * _MiB,
        seed=args.seed,
    )


def _record(args: argparse.Namespace) -> Recorded | Repeated | None:
    if not args.record:
        if args.repeat:
            raise UsageError("--repeat needs a record", hint="add --record DIR")
        return None
    record = Recorded([Path(directory) for directory in args.record])
    if not args.repeat:
        return record
    blocks = [block for block in record.blocks() if block.slot in args.repeat]
    if len(blocks) != len(args.repeat):
        raise UsageError(f"not every slot of --repeat is in {', '.join(args.record)}")
    first = args.first_slot if args.first_slot is not None else max(args.repeat) + 1
    return Repeated(blocks, copies=args.copies, first_slot=first)


def _generated(args: argparse.Namespace, milliseconds: float) -> Generated:
    def made(first_slot: int) -> Generated:
        return Generated(
            seed=args.seed,
            first_slot=first_slot,
            transactions_per_block=args.transactions,
            swap_share=args.swap_share,
            vote_share=args.vote_share,
            skip_share=args.skip_share,
            version_1_share=args.version_1_share,
            slot_milliseconds=int(milliseconds) or _SLOT_MILLISECONDS,
            truth=args.truth,
        )

    try:
        chain = made(args.first_slot or 0)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if args.first_slot is not None:
        return chain
    # the same seed is the same chain, and it has gone on while nobody looked
    return made(chain.slot_at(time.time()) - _HISTORY_BLOCKS)
