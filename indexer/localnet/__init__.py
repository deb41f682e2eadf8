"""A Solana RPC and PubSub node on loopback: replays recorded blocks or generates them."""
