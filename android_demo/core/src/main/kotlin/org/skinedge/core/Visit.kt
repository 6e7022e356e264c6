package org.skinedge.core

import java.security.SecureRandom
import java.time.Instant
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import kotlinx.serialization.EncodeDefault
import kotlinx.serialization.ExperimentalSerializationApi
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** Crockford's base32: no I, L, O or U, so that what is read aloud or off a slip is not mistaken. */
private const val ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
private const val ID_LENGTH = 10

/** What the person agreed to, such as "screening" and "keep photo". */
@Serializable
data class Consent(@SerialName("agreed_to") val agreedTo: List<String>, val at: String)

/** Advice on one photo, with what it was based on: the twin of `ScreeningResult`. It is never a diagnosis. */
@OptIn(ExperimentalSerializationApi::class)
@Serializable
data class ScreeningResult(
    val decision: Decision,
    val reason: Reason,
    /** 0..1; null where the photo must be taken again. */
    @SerialName("malignancy_score") val malignancyScore: Double?,
    @SerialName("refer_threshold") val referThreshold: Double,
    @SerialName("watch_below") val watchBelow: Double?,
    /** By label, sum 1; empty where the photo must be taken again. */
    val probabilities: Map<String, Double>,
    /** Questions without an answer, which the model filled in by itself. */
    val imputed: List<String>,
    val advice: List<Advice>,
    /** Whether a person wanted an answer even where a warning stands; older records do not say. */
    @EncodeDefault val insisted: Boolean = false,
    @SerialName("photo_sha256") val photoSha256: String,
    @SerialName("model_name") val modelName: String,
    @SerialName("model_sha256") val modelSha256: String,
    val notice: String,
)

/** One screening of one spot, with the member names of `skinedge/records/visit.py`, so that stations can take it over. */
@Serializable
data class Visit(
    @SerialName("schema_version") val schemaVersion: Int,
    @SerialName("visit_id") val visitId: String,
    /** A pseudonym that the post chose; never a name by force. */
    val patient: String,
    @SerialName("created_at") val createdAt: String,
    val language: String,
    val consent: Consent,
    /** By question name; null is "don't know". */
    val answers: Map<String, String?>,
    val result: ScreeningResult,
    val site: String,
    @SerialName("screened_by") val screenedBy: String,
)

/** Ten random characters: 50 bits. */
fun newVisitId(random: SecureRandom = SecureRandom()): String = random(ID_LENGTH, random)

/** A name for a person whom the post knows by none: `P-7K3Q9D`. */
fun newPseudonym(random: SecureRandom = SecureRandom()): String = "P-" + random(6, random)

/** For slips and screens: `7K3Q9D2MXA` becomes `7K3Q9-D2MXA`. */
fun spokenVisitId(visitId: String): String = "${visitId.take(5)}-${visitId.drop(5)}"

/** A moment as the log has it: UTC, to the millisecond. */
fun momentText(moment: Instant): String = MOMENT.format(moment.atOffset(ZoneOffset.UTC))

private val MOMENT = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", java.util.Locale.ROOT)

private fun random(length: Int, random: SecureRandom) =
    (1..length).map { ALPHABET[random.nextInt(ALPHABET.length)] }.joinToString("")
