"""The record of strategy runs and of experiments, the analysts', the workers' and the dreamer's alike."""
