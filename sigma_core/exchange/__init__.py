"""The knowledge exchange: typed messages between workers, durable, deduplicated, delivered at least once."""
