"""A demonstration: a month of plausible history on generated repositories, in a home of its own."""
