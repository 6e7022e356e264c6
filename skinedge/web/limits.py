"""The limits of the station, far above what a phone in a clinic needs, against broken or hostile browsers."""

from __future__ import annotations

from datetime import timedelta

MEBIBYTE = 1 << 20

PHOTO_BYTES = 24 * MEBIBYTE
"""A photo with everything around it in the upload."""
FORM_BYTES = 64 * 1024
"""Any other form."""
DISCARDED_BYTES = 4 * PHOTO_BYTES
"""How much of a body that is too large is still read and thrown away, so that the browser shows the answer."""
FILES = 2
"""Two ways to choose a photo are in one form; the one that was not used comes along empty."""
FIELDS = 60
"""Fields of a form: the questions of the longest contract, and room."""
TEXT_CHARACTERS = 2_000
"""Of one field. Passphrases and reasons are shorter."""

PATIENT_CHARACTERS = 40
"""Of the number or code of a patient."""

DRAFT_LIFE = timedelta(days=3)
"""An unfinished visit that nobody touched for so long is deleted: a power cut may last from Friday to Monday."""
EMPTY_DRAFTS = 12
"""Unfinished visits into which nobody entered anything. Of the others there may be as many as the disk takes."""
UNKEPT_RESULTS = 12
"""Results of visits of which nothing is kept, in memory at a time."""

SESSIONS = 32
"""Browsers that are let in at a time."""
IDLE_S = 15 * 60.0
"""A session that nobody used for this long is locked."""

STALL_S = 60.0
"""A body of which nothing comes for so long is given up: a phone may have left the network."""

KEPT_BYTES = 2 * PHOTO_BYTES
"""Forms that were sent while the station was locked, in memory until it is unlocked."""
KEPT_LIFE_S = 24 * 3600.0

VISITS_A_PAGE = 25
