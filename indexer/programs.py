"""Which programs to publish, from what a person wrote."""

import difflib
from collections.abc import Sequence
from typing import Final

from decoders.engine.spec import CONVERSION, Program
from indexer.errors import UsageError

ALL: Final = "all"
CONVERSIONS: Final = "conversions"


def select_programs(asked: Sequence[str], known: Sequence[Program]) -> frozenset[str]:
    """The slugs asked for: names, ``all`` for every venue, ``conversions`` for stake pools and wrapped tokens.

    A conversion is published only when ``conversions`` or its own name asks for it. What is not published is decoded
    and counted in ``hops`` all the same. Raises UsageError that lists near matches.
    """
    words = {
        ALL: [program.name for program in known if program.default],
        CONVERSIONS: [program.name for program in known if program.kind == CONVERSION],
        **{program.name: [program.name] for program in known},
    }
    for name in asked:
        if name not in words:
            near = difflib.get_close_matches(name, words, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(words))}"
            raise UsageError(f"--programs: there is no program {name!r}", hint=hint)
    return frozenset(slug for name in asked for slug in words[name])
