package org.skinedge.core

import kotlin.math.ln
import kotlin.math.max
import kotlin.math.sqrt

/** Cells along a side. */
private const val CELLS = 56
private const val EDGE = 6
private const val MARGIN = 8
private const val CLEAR = 3.5
private const val LEAST_SPREAD = 0.03

/** Guesses at what a photo shows: the twin of `skinedge/screening/scene.py`, where they are explained. */
class Scene(photo: Pixels) {
    /** Mean red, green and blue of each cell, 0..255, row by row. */
    private val means: List<DoubleArray> = cells(photo)

    /** Share of the cells, 0..1, in which red is the strongest colour, as it is in light from any skin. */
    fun skinShare(): Double =
        means.count { (red, green, blue) -> red > green && red > blue && red < Limits.MOST_RED_TO_GREEN * green } /
            CELL_COUNT

    /** Whether a photo shows a pattern, such as cloth or wood, or an even surface on which nothing stands out. */
    fun isSomethingElse(brightness: Plane): Boolean {
        val (along, strength) = brightness.half().half().order()
        val isPattern = along > Limits.ORDERED_ABOVE || wovenShare() > Limits.WOVEN_ABOVE
        return isPattern || (strength < Limits.EVEN_BELOW && clearSpotShare() == null)
    }

    /** Share of the differences in brightness, 0..1, that rows and columns of the cells explain, as stripes do. */
    private fun wovenShare(): Double {
        val brightness = means.map { (red, green, blue) -> ln(0.299 * red + 0.587 * green + 0.114 * blue + 8) }
        val place = List(CELLS) { -1 + 2.0 * it / (CELLS - 1) }
        val square = place.sumOf { it * it } / CELLS
        val slow = listOf(List(CELLS) { 1.0 }, place, place.map { it * it - square }).map { curve ->
            val norm = sqrt(curve.sumOf { it * it })
            curve.map { it / norm }
        }
        val rest = brightness.toDoubleArray()
        // What changes slowly over the photo, as light does, is taken away before.
        for (row in 0..2) for (column in 0..2 - row) {
            val curve = List(CELLS * CELLS) { slow[row][it / CELLS] * slow[column][it % CELLS] }
            val share = curve.indices.sumOf { curve[it] * brightness[it] }
            for (at in rest.indices) rest[at] -= share * curve[at]
        }
        val rows = (0 until CELLS).sumOf { row -> square((0 until CELLS).sumOf { rest[row * CELLS + it] } / CELLS) }
        val columns = (0 until CELLS).sumOf { column -> square((0 until CELLS).sumOf { rest[it * CELLS + column] } / CELLS) }
        return (rows + columns) / CELLS / (rest.sumOf { it * it } / rest.size + 1e-9)
    }

    private fun square(value: Double) = value * value

    /** Share of the photo, 0..1, of a spot that stands out clearly from the skin along the edges; null where nothing does. */
    fun clearSpotShare(): Double? {
        val colours = means.map { mean -> DoubleArray(3) { ln(mean[it] + 8) } }
        val edge = colours.indices.filter { !inside(it, EDGE) }
        val skin = DoubleArray(3) { channel -> quantile(edge.map { colours[it][channel] }, 0.5) }
        val away = colours.map { colour -> sqrt((0..2).sumOf { (colour[it] - skin[it]) * (colour[it] - skin[it]) }) }
        val inner = away.filterIndexed { at, _ -> inside(at, MARGIN) }
        // The third most different cell: one or two may be a highlight or a speck.
        val peak = inner.sorted()[inner.size - 3]
        if (peak < CLEAR * max(quantile(edge.map { away[it] }, 0.9), LEAST_SPREAD)) return null
        return inner.count { it > peak / 2 } / CELL_COUNT
    }

    private fun inside(cell: Int, border: Int) =
        cell / CELLS in border until CELLS - border && cell % CELLS in border until CELLS - border

    private companion object {
        const val CELL_COUNT = (CELLS * CELLS).toDouble()
    }
}

/** The last few pixels may be left out. A photo has at least as many pixels along a side as there are cells. */
private fun cells(photo: Pixels): List<DoubleArray> {
    val size = photo.width / CELLS
    return List(CELLS * CELLS) { cell ->
        val sums = LongArray(3)
        for (y in cell / CELLS * size until (cell / CELLS + 1) * size) {
            for (x in cell % CELLS * size until (cell % CELLS + 1) * size) {
                val pixel = photo.rgb[y * photo.width + x]
                for (channel in 0..2) sums[channel] += (pixel shr (16 - 8 * channel) and 0xff).toLong()
            }
        }
        DoubleArray(3) { sums[it].toDouble() / (size * size) }
    }
}
