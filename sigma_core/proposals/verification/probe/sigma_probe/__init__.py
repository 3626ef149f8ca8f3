"""Runs a project's tests inside its own interpreter (3.8 and newer) and reports each of them by id.

Nothing of SIGMA is imported here: only this folder is visible inside the sandbox.
"""
