"""From an issue to a proposed change."""
