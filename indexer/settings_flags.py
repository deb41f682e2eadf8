"""Flags, their help, and the table of settings: all derived from the fields of `config.Settings`."""

import argparse
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from indexer.config import Settings, variables
from indexer.endpoints import redact
from indexer.errors import UsageError

_PREFIX = "INDEXER_"
_EMPTY = "(empty)"
_NEAR = 0.75  # how alike two names are before one is taken for a slip of the other
#: Shown in every help; the rest are limits, listed by `indexer config`
MAIN = (
    "programs", "commitment", "hydrate", "start", "max_tx_version", "metrics_addr", "data_dir", "solana_rpc_url",
    "solana_ws_url", "nats_url", "nats_context", "nats_creds",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """One setting as it took effect; a secret's ``value`` is already masked."""

    name: str
    env: str
    value: str
    source: str
    default: str
    help: str


def add_settings_flags(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` one flag per setting; the limits are accepted but kept out of the short help."""
    group = parser.add_argument_group("settings (flag over environment over .env; `indexer config` lists all of them)")
    for name, field in Settings.model_fields.items():
        flag = "--" + name.replace("_", "-")
        text = f"{field.description} [{environment_name(name)}, default {_shown(field.default)}]"
        options: dict[str, Any] = {"dest": f"setting_{name}", "default": None, "metavar": _metavar(name, field)}
        help_text = text.replace("%", "%%") if name in MAIN else argparse.SUPPRESS
        if field.annotation is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, help=help_text, dest=options["dest"])
        else:
            group.add_argument(flag, help=help_text, **options)


def load_settings(flags: argparse.Namespace) -> Settings:
    """The effective settings. Raises UsageError that names each wrong value, its variable and what is allowed."""
    environment, dotenv = variables()
    _refuse_unknown_variables(environment, "the environment")
    _refuse_unknown_variables(dotenv, ".env")
    try:
        return Settings(**_given(flags))
    except ValidationError as error:
        problems = [_problem(details["loc"], details["msg"]) for details in error.errors(include_input=False)]
        raise UsageError(
            "\n".join(problems), hint="`indexer config` shows every setting and where it came from"
        ) from None


def effective_settings(flags: argparse.Namespace) -> Iterator[Effective]:
    """Each setting with its value and where it came from: flag, environment, .env, NATS context or default."""
    settings, given = load_settings(flags), _given(flags)
    environment, dotenv = variables()
    for name, field in Settings.model_fields.items():
        env = environment_name(name)
        source = "default"
        if name in given:
            source = "flag"
        elif env in environment:
            source = "environment"
        elif env in dotenv:
            source = ".env"
        elif name in settings.model_fields_set:
            source = "NATS context"
        yield Effective(
            name=name,
            env=env,
            value=_masked(name, getattr(settings, name)),
            source=source,
            default=_shown(field.default),
            help=field.description or "",
        )


def environment_name(name: str) -> str:
    """The environment variable of a setting."""
    return Settings.model_fields[name].alias or _PREFIX + name.upper()


def as_environment(settings: Settings) -> dict[str, str]:
    """The variables that give a child these settings: those that are not defaults, secrets included."""
    values = {name: getattr(settings, name) for name in settings.model_fields_set & Settings.model_fields.keys()}
    return {environment_name(name): _text(value) for name, value in values.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _given(flags: argparse.Namespace) -> dict[str, Any]:
    settings = {name: getattr(flags, f"setting_{name}", None) for name in Settings.model_fields}
    return {name: value for name, value in settings.items() if value is not None}


def _refuse_unknown_variables(given: Iterable[str], where: str) -> None:
    known = {environment_name(name) for name in Settings.model_fields}
    short = [name.removeprefix(_PREFIX) for name in known if name.startswith(_PREFIX)]
    for variable in given:
        if variable.startswith(_PREFIX) and variable not in known:
            near = difflib.get_close_matches(variable.removeprefix(_PREFIX), short, n=3, cutoff=_NEAR)
            names = " or ".join(_PREFIX + name for name in near)
            hint = f"did you mean {names}?" if near else "`indexer config` lists the known ones"
            raise UsageError(f"unknown setting {variable} in {where}", hint=hint)


def _problem(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0])
    by_env = {environment_name(key): key for key in Settings.model_fields}
    name = by_env.get(name, name)
    return f"--{name.replace('_', '-')} ({environment_name(name)}): {message}"


def _masked(name: str, value: object) -> str:
    """A value as `indexer config` may show it: of an address the host remains, of other secrets nothing."""
    if isinstance(value, SecretStr) and name.endswith("_url"):
        return ",".join(redact(url.strip()) for url in value.get_secret_value().split(",") if url.strip()) or _EMPTY
    if name in ("nats_url", "nats_monitoring_url"):
        return ",".join(_without_user(part) for part in str(value).split(","))
    return _shown(value)


def _without_user(server: str) -> str:
    """``nats://user:password@host`` without what lets us in."""
    scheme, mark, rest = server.rpartition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}{mark}{'********' + at if user else ''}{host}"


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else _EMPTY
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if value is None or value == "":
        return _EMPTY
    return str(value)


def _metavar(name: str, field: FieldInfo) -> str:
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return "{" + ",".join(choices) + "}"
    if field.annotation in (Path, Path | None):
        return "PATH"
    return name.rsplit("_", 1)[-1].upper()


def secrets_of(settings: Settings) -> list[str]:
    """The secret texts of ``settings``, longest first, to be cut out of anything a person may see."""
    values = (getattr(settings, name) for name in Settings.model_fields)
    texts = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
    texts |= {part.strip() for text in texts for part in text.split(",")}
    for server in f"{settings.nats_url},{settings.nats_monitoring_url}".split(","):
        user = server.rpartition("://")[2].rpartition("@")[0]
        texts |= {user, user.partition(":")[2]}
    return sorted((text for text in texts if text), key=len, reverse=True)
