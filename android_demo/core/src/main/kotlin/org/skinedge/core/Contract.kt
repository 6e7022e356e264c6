package org.skinedge.core

import java.text.Normalizer
import java.util.Locale
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json

/** What a program receives at the position of a question that was not answered. No valid answer is negative. */
const val MISSING = -1f

/** How a question is answered. */
@Serializable
enum class Kind {
    @SerialName("number")
    NUMBER,

    @SerialName("yes_no")
    YES_NO,

    @SerialName("choice")
    CHOICE,
}

/** One question of the questionnaire. `unit`, `minimum` and `maximum` are those of a number; `choices` of a choice. */
@Serializable
data class ClinicalField(
    val name: String,
    val kind: Kind,
    val question: String,
    val position: Int = 0,
    val unit: String? = null,
    val minimum: Double? = null,
    val maximum: Double? = null,
    val choices: List<String> = emptyList(),
) {
    init {
        if (kind ==
            Kind.NUMBER
        ) {
            require(minimum != null && maximum != null && 0 <= minimum && minimum <= maximum) { "$name: range" }
        }
        if (kind == Kind.CHOICE) require(choices.isNotEmpty() && choices.all { it == normal(it) }) { "$name: choices" }
        require(choices.toSet().size == choices.size) { "$name: choices must differ" }
    }

    /**
     * Turns an answer into the number that the program expects at [position]: the value in [unit]; 1 or 0 for yes or no; the
     * index in [choices]; [MISSING] where the answer is null, empty or unknown. Throws [AnswerProblem] for any other.
     */
    fun encode(answer: String?): Float {
        val text = normal(answer ?: "")
        if (text in UNKNOWN) return MISSING
        return when (kind) {
            Kind.YES_NO -> if (text in YES) {
                1f
            } else if (text in NO) {
                0f
            } else {
                refuse(answer, "yes, no")
            }
            Kind.CHOICE -> choices.indexOf(text).takeIf { it >= 0 }?.toFloat() ?: refuse(answer, choices.joinToString())
            Kind.NUMBER -> number(text) ?: refuse(answer, "a number from $minimum to $maximum ${unit ?: ""}".trim())
        }
    }

    private fun number(text: String): Float? {
        // Kotlin takes "1f", "0x1p3" and "NaN" for numbers; a questionnaire does not.
        val value = if (PLAIN_NUMBER.matches(text)) text.toDouble() else return null
        return value.toFloat().takeIf { minimum!! <= value && value <= maximum!! }
    }

    private fun refuse(answer: String?, expected: String): Nothing =
        throw AnswerProblem(name, "$name: got '$answer', expected $expected, or unknown")

    private companion object {
        // The words of `skinedge/contract/words.py`.
        val YES =
            setOf("yes", "y", "true", "t", "1", "1.0", "sim", "sí", "si", "s", "oui", "ndiyo", "ja") +
                setOf("verdadeiro", "verdadero", "vrai", "wahr", "vero")
        val NO =
            setOf("no", "n", "false", "f", "0", "0.0", "não", "nao", "non", "hapana", "nein") +
                setOf("falso", "faux", "falsch")
        val UNKNOWN = setOf("", "unknown", "unk", "don't know", "dont know")
        val PLAIN_NUMBER = Regex("""[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?""")

        // Of the root locale: in Turkish the small letter of I is another.
        fun normal(text: String) = Normalizer.normalize(text, Normalizer.Form.NFC).trim().lowercase(Locale.ROOT)
    }
}

/** How a photo becomes the first input: (1, 3, side_px, side_px) float32, RGB, 0..255. */
@Serializable
data class ImageSpec(
    @SerialName("side_px") val sidePx: Int = 448,
    val crop: String = "centre_square",
    val resize: String = "antialiased_bilinear",
    val layout: String = "NCHW",
    @SerialName("minimum_side_px") val minimumSidePx: Int = 100,
    @SerialName("maximum_pixels") val maximumPixels: Long = 120_000_000,
) {
    init {
        require(crop == "centre_square" && resize == "antialiased_bilinear" && layout == "NCHW") {
            "image: unknown preparation"
        }
        require(sidePx in 1..4096) { "image.side_px" }
    }
}

/** A limit on the malignancy score, 0..1, and what it was chosen on. */
@Serializable
data class Threshold(
    val value: Double = 0.5,
    @SerialName("chosen_on") val chosenOn: String = "not chosen yet: 0.5 is a placeholder",
    @SerialName("target_sensitivity") val targetSensitivity: Double? = null,
) {
    init {
        require(value in 0.0..1.0) { "threshold must be 0..1" }
    }
}

/** What a network is rebuilt from in Python. An app runs programs and only keeps it. */
@Serializable
data class ModelConfig(
    val version: Int = 1,
    val backbone: String,
    val fusion: String = "product",
    @SerialName("side_px") val sidePx: Int = 224,
    @SerialName("pixel_mean") val pixelMean: List<Double> = emptyList(),
    @SerialName("pixel_std") val pixelStd: List<Double> = emptyList(),
    @SerialName("clinical_widths") val clinicalWidths: List<Int> = emptyList(),
    @SerialName("imputer_width") val imputerWidth: Int = 64,
    @SerialName("classifier_width") val classifierWidth: Int = 256,
    @SerialName("answers_head_width") val answersHeadWidth: Int = 64,
    @SerialName("answers_head_weight") val answersHeadWeight: Double = 0.0,
)

/**
 * What a SkinEdge program takes and gives: the twin of `skinedge/contract`. Unknown names in the file are errors.
 *
 * Schema 1 named [backbone], [fusion] and [blank]; schema 2 has [model] and [missing] in their place.
 */
@Serializable
data class Contract(
    @SerialName("schema_version") val schemaVersion: Int = 1,
    @SerialName("model_name") val modelName: String,
    val backbone: String? = null,
    val fusion: String? = null,
    val model: ModelConfig? = null,
    val labels: List<String>,
    @SerialName("malignant_labels") val malignantLabels: List<String>,
    val image: ImageSpec = ImageSpec(),
    val fields: List<ClinicalField>,
    val blank: Float? = null,
    val missing: Float = MISSING,
    val temperature: Double = 1.0,
    val refer: Threshold = Threshold(),
    /** Scores from here up to [refer] cannot be assessed; null where the model always says refer or watch. */
    @SerialName("watch_below") val watchBelow: Threshold? = null,
    @SerialName("weights_sha256") val weightsSha256: String? = null,
    @SerialName("data_sha256") val dataSha256: String? = null,
    @SerialName("trained_on") val trainedOn: String = "nothing yet",
    @SerialName("minimum_runtimes") val minimumRuntimes: Map<String, String> = emptyMap(),
    val notice: String = "",
) {
    init {
        require(schemaVersion in 1..2) { "schema_version: this app knows 1 and 2, got $schemaVersion" }
        if (schemaVersion == 1) {
            require(backbone != null && model == null) { "schema 1 names its backbone" }
        } else {
            require(backbone == null && fusion == null && blank == null) { "schema 2 names no backbone, fusion or blank" }
        }
        require(fields.map { it.position } == fields.indices.toList()) { "positions must be 0, 1, 2, ... in order" }
        require(fields.map { it.name }.toSet().size == fields.size) { "names of fields must differ" }
        require(labels.toSet().size == labels.size) { "labels must differ" }
        require(labels.containsAll(malignantLabels)) { "malignant_labels must be among labels" }
        require((blank ?: missing) == MISSING && missing == MISSING) { "missing must be $MISSING" }
        require(watchBelow == null || watchBelow.value <= refer.value) { "watch_below must be at most refer" }
    }

    val malignantPositions: List<Int> get() = malignantLabels.map(labels::indexOf)

    /** Puts answers, by question name, at their positions; the others are [MISSING]. Throws [AnswerProblem]. */
    fun encode(answers: Map<String, String?>): FloatArray {
        val unknown = answers.keys - fields.map { it.name }.toSet()
        if (unknown.isNotEmpty()) throw AnswerProblem(unknown.first(), "unknown question '${unknown.first()}'")
        return FloatArray(fields.size) { fields[it].encode(answers[fields[it].name]) }
    }

    companion object {
        /** Reads `contract.json`. Throws [ContractProblem] where it is not JSON, or says what this version does not know. */
        fun parse(data: ByteArray): Contract = parse("contract.json", data, serializer())
    }
}

/** Reads one of the bundle's JSON files, strictly. Throws [ContractProblem], one line. */
internal fun <T> parse(name: String, data: ByteArray, serializer: kotlinx.serialization.KSerializer<T>): T = try {
    Json.decodeFromString(serializer, data.decodeToString(throwOnInvalidSequence = true))
} catch (error: IllegalArgumentException) { // SerializationException is one.
    throw ContractProblem("$name cannot be used: ${error.message.orEmpty().lineSequence().first()}")
} catch (error: java.nio.charset.CharacterCodingException) {
    throw ContractProblem("$name cannot be used: it is not UTF-8")
}
