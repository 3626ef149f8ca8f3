"""What is set and from where, and whether every part works."""

from sigma_core.console.settings import listing

listing.draw()
