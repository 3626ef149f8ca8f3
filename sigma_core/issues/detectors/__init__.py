"""Detectors: each looks at the files of a tree and says what it finds. No project code runs."""

from sigma_core.issues.detectors.detection import Detection, detect, rules_digest
from sigma_core.issues.detectors.model import Detector, Look
from sigma_core.issues.finding import Edit, Fix, Found

__all__ = ["Detection", "Detector", "Edit", "Fix", "Found", "Look", "detect", "rules_digest"]
