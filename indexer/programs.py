"""Which programs to publish, from what a person wrote."""

import difflib
from collections.abc import Collection, Sequence

from indexer.errors import UsageError


def select_programs(asked: Sequence[str], known: Collection[str]) -> frozenset[str]:
    """The slugs asked for; ``all`` is every known one. Raises UsageError that lists near matches."""
    if "all" in asked:
        return frozenset(known)
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(known))}"
            raise UsageError(f"--programs: there is no program {name!r}", hint=hint)
    return frozenset(asked)
