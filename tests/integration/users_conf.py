"""deploy/nats/users.conf as a table: who may do what, read from the file itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.integration.sample_server import DEPLOY


@dataclass(slots=True, kw_only=True)
class User:
    """One user of the file; ``imports`` are those of its account."""

    name: str
    what: str
    publish: list[str] = field(default_factory=list)
    subscribe: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)


def read_users() -> dict[str, User]:
    """The users in the order of the file; sys, which has no limits, is not one of them."""
    users: dict[str, User] = {}
    for line in (DEPLOY / "users.conf").read_text().splitlines():
        text = line.strip()
        if found := re.match(r"# ([a-z-]+): (.+)", text):
            user = User(name=found[1], what=found[2])
            users[user.name] = user
        elif re.match(r'"[^"]+"$', text):
            user.publish.append(text.strip('"'))
        elif text.startswith("subscribe"):
            user.subscribe += re.findall(r'"([^"]+)"', text)
        elif found := re.search(r'account: DEX, subject: "([^"]+)"', text):
            user.imports.append(found[1])
    return {name: user for name, user in users.items() if name != "sys"}


def matches(pattern: str, subject: str) -> bool:
    """Whether a subject is one of a pattern's, as NATS counts."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        return len(given) >= len(wanted) and matches(".".join(wanted[:-1]), ".".join(given[: len(wanted) - 1]))
    return len(wanted) == len(given) and all(one in ("*", two) for one, two in zip(wanted, given, strict=True))


def table() -> Iterator[str]:
    """The table of deploy/nats/README.md."""
    yield "| user | is for | may publish to | may subscribe to |"
    yield "|---|---|---|---|"
    for user in read_users().values():
        publish, subscribe = (", ".join(f"`{one}`" for one in some) for some in (user.publish, user.subscribe))
        yield f"| `{user.name}` | {user.what} | {publish} | {subscribe} |"
