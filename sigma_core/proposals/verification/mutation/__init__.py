"""Mutants: small faults put into changed statements, to see whether a test that runs them notices.

`expressions` and `mutants` make them, `targets` says of which statements, `trials` puts many of them into one run,
`noticing` reads what came of it, `account` writes it down. A mutant is other text (`variants`) and bears no mark.
"""
