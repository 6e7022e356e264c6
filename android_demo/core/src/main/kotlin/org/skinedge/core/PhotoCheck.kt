package org.skinedge.core

import kotlin.math.min
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** Warnings: why a photo cannot be judged well, and what to do better with the next one. See [assess]. */
@Serializable
enum class Advice(val code: String) {
    @SerialName("blurred")
    BLURRED("blurred"),

    @SerialName("dark")
    DARK("dark"),

    @SerialName("glare")
    GLARE("glare"),

    @SerialName("tiny_lesion")
    TINY_LESION("tiny_lesion"),

    @SerialName("no_skin")
    NO_SKIN("no_skin");

    /** The warning as the reason of a decision. */
    val reason: Reason get() = Reason.entries.first { it.code == code }
}

/** What pixels tell of a photo: why nothing can be seen on it, or warnings. */
data class PhotoCheck(val unusable: Reason?, val advice: List<Advice> = emptyList())

/** The limits of `photo_check.py` and `scene.py` in `skinedge/screening`, which explain them; a golden test compares. */
object Limits {
    const val BLACK_BELOW = 24.0
    const val WHITE_ABOVE = 240.0
    const val UNIFORM_BELOW = 12.0
    const val BLURRED_BELOW = 2.3
    const val DARK_BELOW = 90.0
    const val GLARE_LEVEL = 250.0
    const val GLARE_SHARE = 0.02
    const val NO_SKIN_BELOW = 0.45
    const val MOST_RED_TO_GREEN = 2.6
    const val TINY_BELOW = 0.006
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
        else -> PhotoCheck(null, advice(photo, brightness, lightest))
    }
}

private fun advice(photo: Pixels, brightness: FloatArray, lightest: Double): List<Advice> = buildList {
    if (laplacianVariance(brightness, photo.width) < Limits.BLURRED_BELOW) add(Advice.BLURRED)
    if (lightest < Limits.DARK_BELOW) add(Advice.DARK)
    if (brightness.count { it >= Limits.GLARE_LEVEL } > Limits.GLARE_SHARE * brightness.size) add(Advice.GLARE)
    val scene = Scene(photo)
    // Where there is no skin, what stands out is no spot.
    when {
        scene.skinShare() < Limits.NO_SKIN_BELOW -> add(Advice.NO_SKIN)
        (scene.clearSpotShare() ?: 1.0) < Limits.TINY_BELOW -> add(Advice.TINY_LESION)
    }
}

/** Variance of the four-neighbour Laplacian: small where there is no fine detail. */
private fun laplacianVariance(brightness: FloatArray, width: Int): Double {
    var sum = 0.0
    var squares = 0.0
    var count = 0
    for (at in width until brightness.size - width) {
        if (at % width == 0 || at % width == width - 1) continue
        val value =
            brightness[at - width] + brightness[at + width] + brightness[at - 1] + brightness[at + 1] - 4.0 * brightness[at]
        sum += value
        squares += value * value
        count++
    }
    return squares / count - (sum / count) * (sum / count)
}

/** The 1st and 99th percentile. */
private fun outer(values: FloatArray): Pair<Double, Double> {
    val sorted = values.copyOf().apply { sort() }
    return interpolated(0.01, sorted.size) { sorted[it].toDouble() } to
        interpolated(0.99, sorted.size) { sorted[it].toDouble() }
}

/** The value below which a share of the values lies, interpolated as numpy does. */
internal fun quantile(values: List<Double>, share: Double): Double = interpolated(share, values.size, values.sorted()::get)

private fun interpolated(share: Double, size: Int, sorted: (Int) -> Double): Double {
    val place = share * (size - 1)
    val below = place.toInt()
    val above = min(below + 1, size - 1)
    return sorted(below) + (sorted(above) - sorted(below)) * (place - below)
}

private fun channel(pixel: Int, shift: Int) = (pixel shr shift and 0xff).toFloat()
