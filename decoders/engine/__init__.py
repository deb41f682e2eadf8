"""The one engine all decoders share."""
