"""Ingests Solana DEX swaps and publishes them to NATS JetStream."""
