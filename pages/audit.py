"""Who did what, when and why."""

from sigma_core.console.audit import listing

listing.draw()
