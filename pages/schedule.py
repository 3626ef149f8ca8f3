"""When which worker runs, and what became of it in the last hour."""

from sigma_core.console.schedule import listing, timing

listing.draw()
timing.ask()
