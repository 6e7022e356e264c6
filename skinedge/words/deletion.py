"""The words for deleting a patient's visits, which the app has a page for; the station's administrator has a command."""

from __future__ import annotations

from skinedge.words.markers import N_

TEXTS = {
    "delete": N_("Delete all visits of this patient"),
    "delete_what": N_("The photos, the answers and the advice are deleted. Nobody can bring them back."),
    "delete_log": N_("The log keeps when and why. Do not write the patient's name here."),
    "delete_who": N_("Who deletes them?"),
    "delete_now": N_("Delete now"),
}
"""By the name of the app's string."""
