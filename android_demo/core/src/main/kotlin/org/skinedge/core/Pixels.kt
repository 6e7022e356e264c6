package org.skinedge.core

import kotlin.math.max
import kotlin.math.min

/** How to read a photo upright: its rows as columns, then from the right, then from the bottom. */
private class Turn(val swapped: Boolean, val fromRight: Boolean, val fromBottom: Boolean)

/** By EXIF orientation; 1 is upright already. */
private val TURNS = mapOf(
    2 to Turn(swapped = false, fromRight = true, fromBottom = false),
    3 to Turn(swapped = false, fromRight = true, fromBottom = true),
    4 to Turn(swapped = false, fromRight = false, fromBottom = true),
    5 to Turn(swapped = true, fromRight = false, fromBottom = false),
    6 to Turn(swapped = true, fromRight = false, fromBottom = true),
    7 to Turn(swapped = true, fromRight = true, fromBottom = true),
    8 to Turn(swapped = true, fromRight = true, fromBottom = false),
)

/** A picture: [rgb] holds 0xRRGGBB row by row; what lies above those 24 bits is not looked at. */
class Pixels(val width: Int, val height: Int, val rgb: IntArray) {
    init {
        require(width > 0 && height > 0 && rgb.size == width * height) { "${rgb.size} pixels are not $width x $height" }
    }

    /** The picture as it was seen, for an EXIF orientation of 1..8; any other number leaves it as it is. */
    fun upright(orientation: Int): Pixels {
        val turn = TURNS[orientation] ?: return this
        val (w, h) = if (turn.swapped) height to width else width to height
        val turned = IntArray(rgb.size)
        for (y in 0 until h) {
            for (x in 0 until w) {
                val column = if (turn.swapped) y else x
                val row = if (turn.swapped) x else y
                val fromX = if (turn.fromRight) width - 1 - column else column
                val fromY = if (turn.fromBottom) height - 1 - row else row
                turned[y * w + x] = rgb[fromY * width + fromX]
            }
        }
        return Pixels(w, h, turned)
    }

    /** The centre square, resized with antialiased bilinear filtering: the twin of `skinedge.preprocess.photo.square`, to the bit. */
    fun square(sidePx: Int): Pixels {
        val side = min(width, height)
        val left = (width - side) / 2
        val top = (height - side) / 2
        val weights = bilinear(side, sidePx)
        // Pillow's order: along the rows first, rounded to whole levels, then along the columns.
        val rows = IntArray(side * sidePx)
        for (y in 0 until side) {
            val start = (top + y) * width + left
            for (x in 0 until sidePx) rows[y * sidePx + x] = mixed(rgb, start, 1, weights[x])
        }
        val squared = IntArray(sidePx * sidePx)
        for (y in 0 until sidePx) {
            for (x in 0 until sidePx) squared[y * sidePx + x] = mixed(rows, x, sidePx, weights[y])
        }
        return Pixels(sidePx, sidePx, squared)
    }

    /** The first input of a program: (1, 3, height, width) RGB, 0..255. */
    fun toInput(): FloatArray {
        val plane = rgb.size
        val input = FloatArray(3 * plane)
        for (i in 0 until plane) {
            input[i] = (rgb[i] shr 16 and 0xff).toFloat()
            input[plane + i] = (rgb[i] shr 8 and 0xff).toFloat()
            input[2 * plane + i] = (rgb[i] and 0xff).toFloat()
        }
        return input
    }
}

/** By how much a camera's decoder may shrink a photo, a power of two, so that no detail is lost that the resize would keep. */
fun sampleSize(width: Int, height: Int, sidePx: Int): Int {
    var size = 1
    while (min(width, height) / (2 * size) >= 2 * sidePx) size *= 2
    return size
}

/** Weights of the source pixels from [first] on, in units of 2^-22, for one target pixel. */
private class Weights(val first: Int, val values: IntArray)

/** Pillow's weights for `Resampling.BILINEAR`: a triangle as wide as two source pixels, or two target pixels if wider. */
private fun bilinear(source: Int, target: Int): List<Weights> {
    val scale = source.toDouble() / target
    val reach = max(scale, 1.0)
    return List(target) { position ->
        val centre = (position + 0.5) * scale
        val first = max((centre - reach + 0.5).toInt(), 0)
        val end = min((centre + reach + 0.5).toInt(), source)
        val triangle = DoubleArray(end - first) { max(0.0, 1 - kotlin.math.abs((it + first - centre + 0.5) * (1 / reach))) }
        val sum = triangle.sum()
        Weights(first, IntArray(triangle.size) { (0.5 + triangle[it] * (1 / sum) * (1 shl PRECISION_BITS)).toInt() })
    }
}

private fun mixed(pixels: IntArray, start: Int, step: Int, weights: Weights): Int {
    var red = HALF
    var green = HALF
    var blue = HALF
    var at = start + weights.first * step
    for (weight in weights.values) {
        val pixel = pixels[at]
        red += (pixel shr 16 and 0xff) * weight
        green += (pixel shr 8 and 0xff) * weight
        blue += (pixel and 0xff) * weight
        at += step
    }
    return level(red) shl 16 or (level(green) shl 8) or level(blue)
}

private fun level(sum: Int) = (sum shr PRECISION_BITS).coerceIn(0, 255)

private const val PRECISION_BITS = 22
private const val HALF = 1 shl (PRECISION_BITS - 1)
