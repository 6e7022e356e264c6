package org.skinedge.core

import kotlin.math.ln
import kotlin.math.max
import kotlin.math.min
import kotlin.math.sqrt

private const val TILE = 4
private const val BUSIEST = 0.9

/** A plane of brightness: the twin of `skinedge/screening/detail.py`, which explains every measure. */
class Plane(val values: FloatArray, val width: Int) {
    val height = values.size / width

    /** Means of 2 x 2 pixels. */
    fun half(): Plane {
        val columns = width / 2
        return Plane(
            FloatArray(columns * (height / 2)) {
                val at = it / columns * 2 * width + it % columns * 2
                (values[at] + values[at + 1] + values[at + width] + values[at + width + 1]) / 4
            },
            columns,
        )
    }

    /** Variance of the four-neighbour Laplacian: small where there is no fine detail. */
    fun laplacianVariance(): Double = innerVariance { at ->
        values[at - width] + values[at + width] + values[at - 1] + values[at + 1] - 4.0 * values[at]
    }

    /** How many times more detail there is across than along, in an upright or diagonal cross. */
    fun direction(): Double {
        val variances = listOf(1, width, width + 1, width - 1).map { step ->
            innerVariance { at -> values[at - step] + values[at + step] - 2.0 * values[at] } + 1e-6
        }
        val (across, along, down, up) = variances
        return maxOf(across / along, along / across, down / up, up / down)
    }

    /** Share of the tiles of 4 x 4 pixels without any detail. */
    fun flatShare(): Double {
        val (rows, columns) = height / TILE to width / TILE
        val flat = (0 until rows * columns).count { tile ->
            val corner = tile / columns * TILE * width + tile % columns * TILE
            var (lowest, highest) = values[corner] to values[corner]
            for (row in 0 until TILE) for (at in corner + row * width until corner + row * width + TILE) {
                lowest = min(lowest, values[at])
                highest = max(highest, values[at])
            }
            highest - lowest < Limits.FLAT_RANGE
        }
        return flat.toDouble() / (rows * columns)
    }

    /** How far the edges lie along one straight cross, and how strong they are. */
    fun order(): Pair<Double, Double> {
        val logarithm = DoubleArray(values.size) { ln(values[it] + 8.0) }
        val inner = inner()
        val across = inner.map { logarithm[it + 1] - logarithm[it - 1] }
        val down = inner.map { logarithm[it + width] - logarithm[it - width] }
        val strength = across.indices.map { across[it] * across[it] + down[it] * down[it] + 1e-12 }
        val limit = quantile(strength, BUSIEST)
        var (real, imaginary, sum) = Triple(0.0, 0.0, 0.0)
        for (at in strength.indices) {
            val weight = min(strength[at], limit)
            // The square of (x + iy), squared again.
            val x = across[at] * across[at] - down[at] * down[at]
            val y = 2 * across[at] * down[at]
            real += weight * (x * x - y * y) / (strength[at] * strength[at])
            imaginary += weight * 2 * x * y / (strength[at] * strength[at])
            sum += weight
        }
        return sqrt(real * real + imaginary * imaginary) / sum to sqrt(sum / strength.size)
    }

    private fun inner(): List<Int> =
        (width until values.size - width).filter { it % width != 0 && it % width != width - 1 }

    private inline fun innerVariance(value: (Int) -> Double): Double {
        var sum = 0.0
        var squares = 0.0
        var count = 0
        for (at in width until values.size - width) {
            if (at % width == 0 || at % width == width - 1) continue
            val one = value(at)
            sum += one
            squares += one * one
            count++
        }
        return squares / count - (sum / count) * (sum / count)
    }
}
