"""The hub: which GPT-2s there are, and their checkpoints fetched whole or not at all."""
