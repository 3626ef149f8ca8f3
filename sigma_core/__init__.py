"""SIGMA looks after software projects: it finds issues, proposes fixes, proves them and learns."""

import os

# numpy's second thread would else wait in a loop for some 50 ms after each product: CPU that tests of projects need
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

__version__ = "0.1.0"
