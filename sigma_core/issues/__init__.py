"""What is wrong in a code base: detectors, fingerprints, and the lives of issues over commits."""
