"""The words of results, by code. Short sentences: a person who left school after six years reads them."""

from __future__ import annotations

from skinedge.codes import AdviceCode, Decision, ReasonCode, Standing
from skinedge.words.markers import N_

DECISIONS: dict[Decision, str] = {
    "refer": N_("Refer"),
    "watch": N_("Watch"),
    "photograph again": N_("Photograph again"),
    "cannot assess": N_("Cannot assess"),
}

WHAT_TO_DO: dict[Decision, str] = {
    "refer": N_("Send this person to a clinic where someone can look at the spot."),
    "watch": N_("This photo gives no reason to refer. Look at the spot again later. If you are in doubt, refer."),
    "photograph again": N_("This photo cannot be used. Take it again. If you are in doubt, refer."),
    "cannot assess": N_(
        "The program is not sure. Take another photo, or let a second person look. If you are in doubt, refer."
    ),
}

STANDINGS: dict[Standing, str] = {
    "not referred": N_("Malignant, not referred"),
    "malignant": N_("Malignant, referred"),
    "benign": N_("Not malignant"),
    "refer": DECISIONS["refer"],
    "watch": DECISIONS["watch"],
    "photograph again": DECISIONS["photograph again"],
    "cannot assess": DECISIONS["cannot assess"],
}

WHAT_A_PERSON_KNOWS: dict[Standing, str] = {
    "not referred": N_("Something malignant was found, and this person was not referred. Send this person to a clinic now."),
    "malignant": N_("Something malignant was found. The person was referred. Ask whether the clinic has seen them."),
    "benign": N_("Nothing malignant was found. If the spot changes, look at it again."),
    "refer": WHAT_TO_DO["refer"],
    "watch": N_("Look at the spot again later. If you are in doubt, refer."),
    "photograph again": N_("Take the photo again. If you are in doubt, refer."),
    "cannot assess": N_("Let another person look at the spot. If you are in doubt, refer."),
}
"""What to do where a person decided or found something. It says nothing of the photo: what the program said may differ."""

ADVICE: dict[AdviceCode, str] = {
    "blurred": N_("The photo may be blurred. Hold the phone still, and tap on the spot before you take it."),
    "compressed": N_("The photo has lost detail. Use the photo as the camera made it, not a copy from a messenger."),
    "dark": N_("The photo is dark. More light may help."),
    "glare": N_("The photo is too light, or the skin shines. Turn off the flash, or tilt the phone a little."),
    "tiny_lesion": N_("The spot may be very small in the photo. Go closer, as long as it stays sharp."),
    "no_skin": N_("There may be no skin in the photo. See that the camera looks at the spot."),
}

REASONS: dict[ReasonCode, str] = {
    "score_reaches_threshold": N_("The score is {score}. A score of {threshold} or more means: refer."),
    "score_below_threshold": N_("The score is {score}. From {threshold} on it would mean: refer."),
    "score_near_threshold": N_("The score is {score}. That is too close to {threshold}, the limit for refer, to be sure."),
    "almost_black": N_("The photo is almost black. Take it again in daylight, or with the flash on."),
    "almost_white": N_("The photo is almost white. Take it again with no light shining into the camera."),
    "one_colour": N_("The photo shows only one colour. See that nothing covers the camera, and take it again."),
    **dict(ADVICE.items()),
}

NOTICE = N_("Research software, not a medical device. The answer is advice to refer or to watch, never a diagnosis.")
"""What a contract says by itself, see `skinedge.contract.Contract.notice`."""
