"""Who works, and which jobs there are: the one list of each."""

PRODUCTS = {
    "analysis": "issues found",
    "dream": "fixes written",
    "think": "fixes proved and decided",
    "learning": "decisions learned from",
    "recall": "pieces of knowledge passed on",
    "dreamer": "cycles put on record",
}
"""Everybody with an inbox and a cycle of their own, in the order in which they build on one another, and what each
produces, as people are told."""

WORKERS = tuple(PRODUCTS)
"""The names alone."""

EXCHANGE = "exchange"
"""The job in which every worker to whom something waits takes it in."""

RETENTION = "retention"
"""The job that forgets what is over."""

STRATEGY = "strategy"
"""The job that works off strategy runs that were asked for; on no schedule."""

EVOLUTION = "evolution"
"""The job that carries out evolutions of prompts that were asked for; on no schedule."""

SCHEDULED = (*WORKERS, EXCHANGE, RETENTION)
"""Jobs on the schedule."""

PROJECTLESS = frozenset({EXCHANGE, RETENTION})
"""Scheduled jobs that run once for all projects."""

EXPRESS = (EXCHANGE, STRATEGY)
"""Short jobs, which do not wait behind long ones."""
