package org.skinedge.core

import kotlin.math.min
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** Warnings: why a photo cannot be judged well, and what to do better with the next one. See [assess]. */
@Serializable
enum class Advice(val code: String) {
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
    NO_SKIN("no_skin");

    /** The warning as the reason of a decision. */
    val reason: Reason get() = Reason.entries.first { it.code == code }
}

/** What pixels tell of a photo: why nothing can be seen on it, or warnings. */
data class PhotoCheck(
    val unusable: Reason?,
    val advice: List<Advice> = emptyList(),
    /** Whether the photo has little detail or light, though enough to be judged with care. */
    val soft: Boolean = false,
)

/** The limits of `photo_check.py`, `detail.py`, `scene.py` and `triage.py` in `skinedge/screening`, which explain them; a golden test compares. */
object Limits {
    const val BLACK_BELOW = 24.0
    const val WHITE_ABOVE = 240.0
    const val UNIFORM_BELOW = 12.0
    const val BLURRED_BELOW = 2.6
    const val SOFT_BELOW = 7.0
    const val SOFT_FLAT_ABOVE = 0.05
    const val DIM_BELOW = 103.0
    const val FALLOFF_BELOW = 0.28
    const val SHAKEN_ABOVE = 4.9
    const val COMPRESSED_ABOVE = 0.08
    const val FLAT_RANGE = 1.01
    const val DARK_BELOW = 90.0
    const val GLARE_LEVEL = 250.0
    const val GLARE_SHARE = 0.02
    const val PALE_ABOVE = 201.0
    const val NO_SKIN_BELOW = 0.45
    const val MOST_RED_TO_GREEN = 2.6
    const val ORDERED_ABOVE = 0.3
    const val WOVEN_ABOVE = 0.75
    const val EVEN_BELOW = 0.008
    const val TINY_BELOW = 0.006
    const val SOFT_SHARE = 0.5
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
        else -> {
            val plane = Plane(brightness, photo.width)
            val sharpness = plane.laplacianVariance()
            val flatShare = plane.flatShare()
            val isSoft =
                sharpness < Limits.SOFT_BELOW || flatShare > Limits.SOFT_FLAT_ABOVE || lightest < Limits.DIM_BELOW
            PhotoCheck(null, advice(photo, plane, lightest, sharpness, flatShare), isSoft)
        }
    }
}

private fun advice(
    photo: Pixels,
    plane: Plane,
    lightest: Double,
    sharpness: Double,
    flatShare: Double,
): List<Advice> = buildList {
    val brightness = plane.values
    when {
        sharpness < Limits.BLURRED_BELOW || isBlurred(plane) -> add(Advice.BLURRED)
        flatShare > Limits.COMPRESSED_ABOVE -> add(Advice.COMPRESSED)
    }
    if (lightest < Limits.DARK_BELOW) add(Advice.DARK)
    val glare = brightness.count { it >= Limits.GLARE_LEVEL } > Limits.GLARE_SHARE * brightness.size
    if (glare || median(brightness) > Limits.PALE_ABOVE) add(Advice.GLARE)
    val scene = Scene(photo)
    // Where there is no skin, what stands out is no spot.
    when {
        scene.skinShare() < Limits.NO_SKIN_BELOW || scene.isSomethingElse(plane) -> add(Advice.NO_SKIN)
        (scene.clearSpotShare() ?: 1.0) < Limits.TINY_BELOW -> add(Advice.TINY_LESION)
    }
}

private fun isBlurred(plane: Plane): Boolean {
    val smaller = plane.half()
    val quarter = smaller.half()
    val falloff = quarter.laplacianVariance() < Limits.FALLOFF_BELOW * quarter.half().laplacianVariance()
    return falloff || smaller.direction() > Limits.SHAKEN_ABOVE
}

private fun median(values: FloatArray): Double {
    val sorted = values.copyOf().apply { sort() }
    return interpolated(0.5, sorted.size) { sorted[it].toDouble() }
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
