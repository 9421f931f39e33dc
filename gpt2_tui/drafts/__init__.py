"""Drafts: documents that remember who wrote what and every state they were in."""
