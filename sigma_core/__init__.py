"""SIGMA looks after software projects: it finds issues, proposes fixes, proves them and learns."""

__version__ = "0.1.0"
