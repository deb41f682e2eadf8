"""What to connect to: the part of the settings that other tools know by the same names. Read by ``config`` alone."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Peers(BaseSettings):
    """Addresses and credentials of the chain, NATS and ClickHouse."""

    model_config = SettingsConfigDict(
        env_prefix="INDEXER_",
        env_file=".env",
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    solana_rpc_url: Annotated[SecretStr, Field(alias="SOLANA_RPC_URL")] = SecretStr("")
    """Solana RPC endpoints, comma separated, tried in order; empty means the built-in localnet (`indexer up` only)"""
    solana_ws_url: Annotated[SecretStr, Field(alias="SOLANA_WS_URL")] = SecretStr("")
    """PubSub endpoints, comma separated; derived from the RPC endpoints when empty"""
    nats_url: Annotated[str, Field(alias="NATS_URL", repr=False)] = "nats://127.0.0.1:4222"
    """NATS servers, comma separated"""
    nats_context: Annotated[str, Field(alias="NATS_CONTEXT")] = ""
    """A context of the nats CLI, by name, for what is not set here; `@selected` for the one it has selected"""
    nats_creds: Annotated[Path | None, Field(alias="NATS_CREDS")] = None
    """A .creds file (user JWT and seed)"""
    nats_nkey_seed_file: Annotated[Path | None, Field(alias="NATS_NKEY_SEED_FILE")] = None
    """A file holding an NKey seed"""
    nats_user: Annotated[str, Field(alias="NATS_USER")] = ""
    """NATS user name"""
    nats_password: Annotated[SecretStr, Field(alias="NATS_PASSWORD")] = SecretStr("")
    """NATS password"""
    nats_token: Annotated[SecretStr, Field(alias="NATS_TOKEN")] = SecretStr("")
    """NATS token"""
    nats_tls_ca: Annotated[Path | None, Field(alias="NATS_TLS_CA")] = None
    """CA certificate that signed the NATS server's"""
    nats_tls_cert: Annotated[Path | None, Field(alias="NATS_TLS_CERT")] = None
    """Client certificate for NATS"""
    nats_tls_key: Annotated[Path | None, Field(alias="NATS_TLS_KEY")] = None
    """Key of the client certificate"""
    nats_tls_first: Annotated[bool, Field(alias="NATS_TLS_FIRST")] = False
    """TLS before the server's greeting, for servers with `handshake_first`"""
    nats_inbox_prefix: Annotated[str, Field(alias="NATS_INBOX_PREFIX", pattern=r"^[^\s.*>]+(\.[^\s.*>]+)*$")] = "_INBOX"
    """Subject under which NATS answers us; one of its own keeps a user's answers from the others"""
    clickhouse_url: Annotated[SecretStr, Field(alias="CLICKHOUSE_URL")] = SecretStr("")
    """ClickHouse: http(s)://user:password@host:port/database, or chdb:///directory; empty: embedded, in the data dir"""
    clickhouse_tls_ca: Annotated[Path | None, Field(alias="CLICKHOUSE_TLS_CA")] = None
    """CA certificate that signed the ClickHouse server's, where the system does not know it"""
