"""What a server has against what a file wants, field by field. Pure.

Every field counts: one the file leaves out is held against the server's default, so a limit, a seal or a pause set by
hand is found too. Two things are not drift: metadata beside the file's (the daemon keeps its genesis hash there), and
the order of subjects.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from indexer import topology_fields as fields
from indexer.topology import Wanted

#: 0 and -1 both mean no limit
_UNLIMITED = frozenset(
    {"max_bytes", "max_msgs", "max_msgs_per_subject", "max_msg_size", "max_consumers", "max_deliver"}
)
#: limits that drop messages when they come down
_DROPPING = frozenset({"max_age", "max_bytes", "max_msgs", "max_msgs_per_subject"})
_FILTERS = ("filter_subject", "filter_subjects")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field; ``obstacle`` is why the server cannot change it, empty when it can. ``loses`` says what that drops."""

    key: str
    wanted: Any
    there: Any
    obstacle: str = ""
    loses: str = ""

    def __str__(self) -> str:
        """For messages and logs."""
        return f"{self.key}: {fields.human(self.key, self.wanted)} wanted, {fields.human(self.key, self.there)} there"


def differences(item: Wanted, info: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Every field in which the server's INFO differs from the file."""
    theirs = dict(info["config"])
    if not info.get("paused"):
        theirs.pop("pause_until", None)  # a pause that is over
    wanted, there = _full(item, item.config), _full(item, theirs)
    wanted["metadata"], there["metadata"] = _metadata(item.config, theirs)
    sealed = fields.STREAM_ONE_WAY["sealed"] if theirs.get("sealed") else ""
    return tuple(
        _difference(item, key, wanted.get(key), there.get(key), sealed)
        for key in dict.fromkeys((*wanted, *there))
        if wanted.get(key) != there.get(key)
    )


def changed(item: Wanted, there: Mapping[str, Any], found: tuple[Difference, ...]) -> dict[str, Any]:
    """The configuration to send: what is ``there``, with each difference the server can change as the file has it."""
    body = dict(there)
    for difference in found:
        if difference.obstacle or difference.key == "pause_until":
            continue
        keys = _FILTERS if difference.key == "filter_subjects" else (difference.key,)
        for key in keys:
            body.pop(key, None)
            if key == "metadata":
                body[key] = dict(there.get(key) or {}) | item.config[key]
            elif key in item.config:
                body[key] = item.config[key]
    return body


def _full(item: Wanted, config: Mapping[str, Any]) -> dict[str, Any]:
    """Every field, defaults filled in, in one form."""
    defaults = fields.STREAM if item.consumer is None else fields.CONSUMER
    full = dict(defaults) | dict(config)
    for key, value in full.items():
        if key in _UNLIMITED and value == 0:
            full[key] = -1
        elif key not in defaults and value in (False, 0, -1):
            full[key] = None  # a field of a newer server, not set
        elif value in (None, "", [], {}):
            full[key] = defaults.get(key) or None
    if item.consumer is None:
        _fill_stream(full, config)
    else:
        _fill_consumer(full)
    return full


def _fill_stream(full: dict[str, Any], config: Mapping[str, Any]) -> None:
    full["subjects"] = sorted(full["subjects"] or ())
    if full["mirror"]:
        full["duplicate_window"] = config.get("duplicate_window", 0)
    elif not config.get("duplicate_window") and full["max_age"]:
        full["duplicate_window"] = min(fields.STREAM["duplicate_window"], full["max_age"])


def _fill_consumer(full: dict[str, Any]) -> None:
    one = full.pop("filter_subject")
    full["filter_subjects"] = [one] if one else sorted(full["filter_subjects"] or ())
    full["name"] = full["durable_name"]
    for key in ("ack_wait", "max_ack_pending"):
        full[key] = full[key] or fields.CONSUMER[key]
    if full["deliver_subject"]:
        full["max_waiting"] = fields.CONSUMER["max_waiting"]


def _metadata(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The file's own entries alone."""
    ours, theirs = wanted.get("metadata") or {}, there.get("metadata") or {}
    return dict(ours), {key: theirs[key] for key in ours if key in theirs}


def _difference(item: Wanted, key: str, wanted: Any, there: Any, sealed: str) -> Difference:
    obstacle = sealed or "".join(_obstacles(item, key, wanted, there))
    loses = ""
    if item.consumer is None and key in _DROPPING and wanted > 0 and not 0 < there <= wanted:
        loses = "what is beyond it is deleted"
    return Difference(key=key, wanted=wanted, there=there, obstacle=obstacle, loses=loses)


def _obstacles(item: Wanted, key: str, wanted: Any, there: Any) -> Iterator[str]:
    if item.consumer is not None:
        yield fields.CONSUMER_FIXED.get(key, "")
        return
    if key == "retention" and "workqueue" in (wanted, there):
        yield fields.RETENTION_FIXED
    yield fields.STREAM_FIXED.get(key, "")
    if there and not wanted:
        yield fields.STREAM_ONE_WAY.get(key, "")
