package org.skinedge.core

import kotlin.math.abs

/** How far probabilities may be from a sum of 1: int8 programs round, broken ones are off by far more. */
private const val SUM_TOLERANCE = 1e-3f

/** A loaded program. One thread at a time. */
interface Engine : AutoCloseable {
    /**
     * Runs the program once.
     *
     * @param photo (1, 3, side_px, side_px) RGB, 0..255, see [Pixels.toInput].
     * @param answers (1, fields), see [Contract.encode].
     * @return (labels) as the program gave them; [checked] tells whether they are probabilities.
     */
    fun run(photo: FloatArray, answers: FloatArray): FloatArray
}

/** The program's answer, where it is one: a broken program must not give advice. Throws [ContractProblem]. */
fun checked(probabilities: FloatArray, contract: Contract): FloatArray {
    val inRange = probabilities.all { it >= -SUM_TOLERANCE && it <= 1 + SUM_TOLERANCE } // False for NaN too.
    if (probabilities.size != contract.labels.size || !inRange || abs(probabilities.sum() - 1) > SUM_TOLERANCE) {
        throw ContractProblem(
            "the program gave no usable answer: got ${probabilities.contentToString()}, expected ${contract.labels.size} " +
                "probabilities with sum 1; install the model again",
        )
    }
    return probabilities
}
