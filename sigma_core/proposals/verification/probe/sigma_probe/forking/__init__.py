"""Many runs of some of the tests from one start, each with other code in some functions.

`sources` compiles before any project code runs, `functions` finds what is loaded, `trials` forks, `traces` takes away
what a run leaves behind.
"""
