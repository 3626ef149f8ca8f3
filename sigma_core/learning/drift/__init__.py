"""What used to hold and no longer does: noticed in outcomes, and forgotten."""
