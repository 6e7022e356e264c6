package org.skinedge.core

import kotlin.math.min

/** Decodes a JPEG or PNG as it lies in the file. Android has its own decoder; tests have Java's. */
fun interface Decoder {
    /**
     * @param sidePx the square that will be made of it: the decoder may shrink by [sampleSize].
     * @return null where these bytes are no photo.
     */
    fun decode(photo: ByteArray, sidePx: Int): Decoded?
}

/** What a decoder found; [width] and [height] are those of the file, before any shrinking. */
class Decoded(val width: Int, val height: Int, val pixels: Pixels)

/** Screens photos with one model: the twin of `skinedge/screening/screener.py`. */
class Screener(
    val contract: Contract,
    private val modelSha256: String,
    private val engine: Engine,
    private val decoder: Decoder,
) {
    /**
     * Gives advice on one photo.
     *
     * A person who insists gets "refer" or "cannot assess" where a warning stands, never "watch"; all others are to photograph
     * again.
     *
     * Throws [AnswerProblem] for an answer that the model does not take, [PhotoProblem] for a photo that cannot be read, and
     * [ContractProblem] where the program failed.
     */
    fun screen(photo: ByteArray, answers: Map<String, String?>, insist: Boolean = false): ScreeningResult {
        val encoded = contract.encode(answers)
        val pixels = load(photo)
        val check = checkPhoto(pixels)
        val probabilities =
            if (needsScore(check, insist)) checked(engine.run(pixels.toInput(), encoded), contract) else null
        val score = probabilities?.let { malignancyScore(it, contract) }
        val (decision, reason) = assess(check, score, contract, insist)
        return ScreeningResult(
            decision = decision,
            reason = reason,
            malignancyScore = score,
            referThreshold = contract.refer.value,
            watchBelow = contract.watchBelow?.value,
            probabilities = probabilities?.let { contract.labels.zip(it.map(Float::toDouble)).toMap() } ?: emptyMap(),
            imputed = contract.fields.filter { encoded[it.position] == MISSING }.map { it.name },
            advice = check.advice,
            insisted = insist,
            photoSha256 = sha256(photo),
            modelName = contract.modelName,
            modelSha256 = modelSha256,
            notice = contract.notice,
        )
    }

    /** The square of a photo file, upright. Throws [PhotoProblem]. */
    fun load(photo: ByteArray): Pixels {
        val spec = contract.image
        val decoded = decoder.decode(photo, spec.sidePx) ?: throw PhotoProblem("this is no photo: take it again")
        if (decoded.width.toLong() * decoded.height > spec.maximumPixels) {
            throw PhotoProblem(
                "the photo is too large (${decoded.width} x ${decoded.height}): use the camera's normal setting",
            )
        }
        if (min(decoded.width, decoded.height) < spec.minimumSidePx) {
            throw PhotoProblem("the photo is too small (${decoded.width} x ${decoded.height}): take it again from closer")
        }
        return decoded.pixels.upright(orientation(photo)).square(spec.sidePx)
    }
}
