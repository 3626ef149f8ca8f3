"""When which worker runs, and what became of it lately."""

from sigma_core.console.schedule import listing, timing

listing.draw()
timing.ask()
