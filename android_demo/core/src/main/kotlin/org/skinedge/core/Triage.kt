package org.skinedge.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** What the app advises: never a diagnosis. The names in records are those of `skinedge/codes.py`. */
@Serializable
enum class Decision(val code: String) {
    @SerialName("refer")
    REFER("refer"),

    @SerialName("watch")
    WATCH("watch"),

    @SerialName("photograph again")
    PHOTOGRAPH_AGAIN("photograph again"),

    @SerialName("cannot assess")
    CANNOT_ASSESS("cannot assess"),
}

/**
 * Why: the first three go with a score, the others with a photo that must be taken again. A warning, see [Advice], is also the
 * reason of [Decision.CANNOT_ASSESS], where a person insisted on an answer.
 */
@Serializable
enum class Reason(val code: String) {
    @SerialName("score_reaches_threshold")
    SCORE_REACHES_THRESHOLD("score_reaches_threshold"),

    @SerialName("score_below_threshold")
    SCORE_BELOW_THRESHOLD("score_below_threshold"),

    @SerialName("score_near_threshold")
    SCORE_NEAR_THRESHOLD("score_near_threshold"),

    @SerialName("almost_black")
    ALMOST_BLACK("almost_black"),

    @SerialName("almost_white")
    ALMOST_WHITE("almost_white"),

    @SerialName("one_colour")
    ONE_COLOUR("one_colour"),

    @SerialName("blurred")
    BLURRED("blurred"),

    @SerialName("compressed")
    COMPRESSED("compressed"),

    @SerialName("dark")
    DARK("dark"),

    @SerialName("glare")
    GLARE("glare"),

    @SerialName("tiny_lesion")
    TINY_LESION("tiny_lesion"),

    @SerialName("no_skin")
    NO_SKIN("no_skin"),
}

/** Sum of the probabilities of the malignant labels, 0..1, added in double precision. */
fun malignancyScore(probabilities: FloatArray, contract: Contract): Double =
    contract.malignantPositions.sumOf { probabilities[it].toDouble() }.coerceIn(0.0, 1.0)

/** The decision on a photo without a warning, and why: the twin of `skinedge/contract/decision.py`. */
fun triage(score: Double, contract: Contract): Pair<Decision, Reason> {
    val watchBelow = contract.watchBelow
    return when {
        score >= contract.refer.value -> Decision.REFER to Reason.SCORE_REACHES_THRESHOLD
        watchBelow != null && score >= watchBelow.value -> Decision.CANNOT_ASSESS to Reason.SCORE_NEAR_THRESHOLD
        else -> Decision.WATCH to Reason.SCORE_BELOW_THRESHOLD
    }
}

/** Whether [assess] wants a score: for a photo without a warning; for one with warnings where a person insists. */
fun needsScore(check: PhotoCheck, insist: Boolean = false): Boolean =
    check.unusable == null && (insist || check.advice.isEmpty())

/**
 * The decision on any photo, and why: the twin of `skinedge/screening/triage.py`. "Watch" is said only of a photo without a
 * warning; where one stands, a person who insists gets "refer" or "cannot assess".
 *
 * @param score only looked at where [needsScore] wants it.
 */
fun assess(check: PhotoCheck, score: Double?, contract: Contract, insist: Boolean = false): Pair<Decision, Reason> {
    val warning = check.unusable ?: check.advice.firstOrNull()?.reason
    if (warning != null && !needsScore(check, insist)) return Decision.PHOTOGRAPH_AGAIN to warning
    val (decision, reason) = triage(checkNotNull(score), contract)
    val limit = (contract.watchBelow ?: contract.refer).value
    return when {
        decision != Decision.WATCH -> decision to reason
        warning != null -> Decision.CANNOT_ASSESS to warning
        check.soft && checkNotNull(score) >= Limits.SOFT_SHARE * limit ->
            Decision.CANNOT_ASSESS to Reason.SCORE_NEAR_THRESHOLD
        else -> decision to reason
    }
}
