"""The words of questions, answers and units, by what a contract calls them."""

from __future__ import annotations

from skinedge.words.markers import N_, NP_

QUESTIONS = (
    N_("How old is the person?"),
    N_("Where on the body is the spot?"),
    N_("Does it itch?"),
    N_("Has it grown lately?"),
    N_("Does it hurt?"),
    N_("Has its colour or shape changed?"),
    N_("Has it bled?"),
    N_("Is it raised above the skin?"),
    N_("Is the person female or male?"),
    N_("Skin type on the Fitzpatrick scale, 1 to 6?"),
    N_("How wide is it at the widest place, in millimetres?"),
    N_("How wide is it across that, in millimetres?"),
    N_("Has the person or the family had skin cancer?"),
    N_("Has the person or the family had any cancer?"),
    N_("Does the person smoke?"),
    N_("Does the person drink alcohol?"),
    N_("Does the person work with pesticides?"),
    N_("Is there piped water at home?"),
    N_("Is there a sewer at home?"),
    N_("Where does the father's family come from?"),
    N_("Where does the mother's family come from?"),
)
"""The wording keys of `skinedge.questionnaire`, which are the English questions themselves."""

SHORT_NAMES: dict[str, str] = {
    "age_years": N_("age"),
    "region": N_("part of the body"),
    "itch": N_("itch"),
    "grew": N_("growth"),
    "hurt": N_("pain"),
    "changed": N_("change of colour or shape"),
    "bleed": N_("bleeding"),
    "elevation": N_("raised above the skin"),
    "gender": N_("sex"),
    "fitzpatrick_type": N_("skin type"),
    "diameter_1_mm": N_("width"),
    "diameter_2_mm": N_("width across"),
    "skin_cancer_history": N_("skin cancer before"),
    "cancer_history": N_("cancer before"),
    "smoke": N_("smoking"),
    "drink": N_("alcohol"),
    "pesticide": N_("pesticides"),
    "has_piped_water": N_("piped water"),
    "has_sewage_system": N_("sewer"),
    "background_father": N_("father's family"),
    "background_mother": N_("mother's family"),
}
"""What a question is about, for lists."""

ANSWERS: dict[str, str] = {
    "yes": NP_("answer", "yes"),
    "no": NP_("answer", "no"),
    "unknown": NP_("answer", "don't know"),
    "abdomen": NP_("answer", "belly"),
    "arm": NP_("answer", "upper arm"),
    "back": NP_("answer", "back"),
    "chest": NP_("answer", "chest"),
    "ear": NP_("answer", "ear"),
    "face": NP_("answer", "face"),
    "foot": NP_("answer", "foot"),
    "forearm": NP_("answer", "forearm"),
    "hand": NP_("answer", "hand"),
    "lip": NP_("answer", "lip"),
    "neck": NP_("answer", "neck"),
    "nose": NP_("answer", "nose"),
    "scalp": NP_("answer", "scalp"),
    "thigh": NP_("answer", "thigh"),
    "female": NP_("answer", "female"),
    "male": NP_("answer", "male"),
    "austria": NP_("answer", "Austria"),
    "brazil": NP_("answer", "Brazil"),
    "czech": NP_("answer", "Czechia"),
    "france": NP_("answer", "France"),
    "germany": NP_("answer", "Germany"),
    "israel": NP_("answer", "Israel"),
    "italy": NP_("answer", "Italy"),
    "netherlands": NP_("answer", "the Netherlands"),
    "norway": NP_("answer", "Norway"),
    "poland": NP_("answer", "Poland"),
    "pomerania": NP_("answer", "Pomerania"),
    "portugal": NP_("answer", "Portugal"),
    "spain": NP_("answer", "Spain"),
    "australia": NP_("answer", "Australia"),
    "unclear": NP_("answer", "not clear"),
}

PLACES: dict[str, str] = {
    "armpit": NP_("answer", "armpit"),
    "buttock": NP_("answer", "buttock"),
    "elbow": NP_("answer", "elbow"),
    "genitals": NP_("answer", "genitals"),
    "groin": NP_("answer", "groin"),
    "hip": NP_("answer", "hip"),
    "knee": NP_("answer", "knee"),
    "lower leg": NP_("answer", "lower leg"),
    "mouth": NP_("answer", "inside the mouth"),
    "shoulder": NP_("answer", "shoulder"),
    "other": NP_("answer", "another place"),
}
"""Places on the body that a person can choose and the model does not know: `skinedge.questionnaire.PLACES_BEYOND`."""

UNITS: dict[str, str] = {"years": N_("years"), "mm": N_("mm"), "type": N_("type")}
