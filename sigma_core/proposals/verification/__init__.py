"""Evidence: what a change does, measured. See `verifier`."""
