package org.skinedge.core

import java.text.Normalizer
import java.util.Locale
import kotlinx.serialization.Serializable

/** A person decides otherwise than the program. Here as below, the member names are those of `skinedge/records/visit.py`. */
@Serializable
data class Override(val decision: Decision, val reason: String, val by: String, val at: String)

/** What became of it later, such as a biopsy result. */
@Serializable
data class Outcome(
    /** A label of the model, or free text. */
    val label: String,
    /** Null where the finding does not say. */
    val malignant: Boolean?,
    /** Day of the finding, not of the entry: `2026-01-31`. */
    val on: String,
    val by: String,
    val at: String,
)

/** Why and by whom a patient's visits were deleted; it stays, so it should name nobody else. */
@Serializable
data class Deletion(val reason: String, val by: String)

/** A visit as read back, with what was added to it, oldest first. */
data class Record(val visit: Visit, val overrides: List<Override> = emptyList(), val outcomes: List<Outcome> = emptyList()) {
    /** What counts now: the last override, or else what the program said. */
    val decision: Decision get() = overrides.lastOrNull()?.decision ?: visit.result.decision
}

/** The spelling by which a patient is looked up: case, accents' encoding and spaces around do not matter. */
fun normalPseudonym(patient: String): String {
    // Upwards first, as ß becomes ss only so; then letter by letter, as a whole word would end in another sigma.
    val folded = Normalizer.normalize(patient, Normalizer.Form.NFKC).uppercase(Locale.ROOT)
    val small = folded.codePoints().toArray().joinToString("") { String(Character.toChars(Character.toLowerCase(it))) }
    return small.split(Regex("\\s+")).filter(String::isNotEmpty).joinToString(" ")
}
