"""Honest measuring: metrics with intervals over patients, protocols, calibration, groups, the model card, the audit."""
