"""The knowledge graph: what is to be written to it, and who writes."""
