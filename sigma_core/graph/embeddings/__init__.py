"""Texts as vectors: what makes them, where they are stored, and how many of them are read at once."""
