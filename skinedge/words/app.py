"""Words that the Android app alone still says."""

from __future__ import annotations

from skinedge.words.markers import N_

TEXTS = {"changed": N_("The program said: {decision}. A person changed this. Reason: {reason}")}
"""By the name of the app's string."""
