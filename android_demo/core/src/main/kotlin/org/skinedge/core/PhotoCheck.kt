package org.skinedge.core

import kotlin.math.min
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** What may help the next photo. It never blocks an answer. */
@Serializable
enum class Advice(val code: String) {
    @SerialName("blurred") BLURRED("blurred"),
    @SerialName("dark") DARK("dark"),
    @SerialName("glare") GLARE("glare"),
}

/** What pixels tell of a photo: a reason to take it again, or advice. */
data class PhotoCheck(val unusable: Reason?, val advice: List<Advice> = emptyList())

/** The limits of `skinedge/screening/photo_check.py`, where they are explained; a golden test holds them equal. */
object Limits {
    const val BLACK_BELOW = 24.0
    const val WHITE_ABOVE = 240.0
    const val UNIFORM_BELOW = 12.0
    const val BLURRED_BELOW = 2.5
    const val DARK_BELOW = 90.0
    const val GLARE_LEVEL = 250.0
    const val GLARE_SHARE = 0.02
}

/** Looks at a square photo. */
fun checkPhoto(photo: Pixels): PhotoCheck {
    val brightness = FloatArray(photo.rgb.size) {
        0.299f * channel(photo.rgb[it], 16) + 0.587f * channel(photo.rgb[it], 8) + 0.114f * channel(photo.rgb[it], 0)
    }
    // The outer 1% is left out: a few stray pixels show nothing.
    val (darkest, lightest) = outer(brightness)
    val range = listOf(16, 8, 0).maxOf { shift ->
        val (low, high) = outer(FloatArray(photo.rgb.size) { channel(photo.rgb[it], shift) })
        high - low
    }
    return when {
        lightest < Limits.BLACK_BELOW -> PhotoCheck(Reason.ALMOST_BLACK)
        darkest > Limits.WHITE_ABOVE -> PhotoCheck(Reason.ALMOST_WHITE)
        range < Limits.UNIFORM_BELOW -> PhotoCheck(Reason.ONE_COLOUR)
        else -> PhotoCheck(null, advice(brightness, photo.width, lightest))
    }
}

private fun advice(brightness: FloatArray, width: Int, lightest: Double): List<Advice> = buildList {
    if (laplacianVariance(brightness, width) < Limits.BLURRED_BELOW) add(Advice.BLURRED)
    if (lightest < Limits.DARK_BELOW) add(Advice.DARK)
    if (brightness.count { it >= Limits.GLARE_LEVEL } > Limits.GLARE_SHARE * brightness.size) add(Advice.GLARE)
}

/** Variance of the four-neighbour Laplacian: small where there is no fine detail. */
private fun laplacianVariance(brightness: FloatArray, width: Int): Double {
    var sum = 0.0
    var squares = 0.0
    var count = 0
    for (at in width until brightness.size - width) {
        if (at % width == 0 || at % width == width - 1) continue
        val value = brightness[at - width] + brightness[at + width] + brightness[at - 1] + brightness[at + 1] - 4.0 * brightness[at]
        sum += value
        squares += value * value
        count++
    }
    return squares / count - (sum / count) * (sum / count)
}

/** The 1st and 99th percentile, interpolated as numpy does. Sorts its argument's copy. */
private fun outer(values: FloatArray): Pair<Double, Double> {
    val sorted = values.copyOf().apply { sort() }
    fun percentile(share: Double): Double {
        val place = share * (sorted.size - 1)
        val below = place.toInt()
        val above = min(below + 1, sorted.size - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (place - below)
    }
    return percentile(0.01) to percentile(0.99)
}

private fun channel(pixel: Int, shift: Int) = (pixel shr shift and 0xff).toFloat()
