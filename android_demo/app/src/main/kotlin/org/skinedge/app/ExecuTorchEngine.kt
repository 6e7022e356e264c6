package org.skinedge.app

import java.io.File
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Module
import org.pytorch.executorch.Tensor
import org.skinedge.core.Contract
import org.skinedge.core.ContractProblem
import org.skinedge.core.Engine

/**
 * Runs `skinedge.pte` with ExecuTorch.
 *
 * @param program the file whose hash was checked; it is mapped into memory for as long as the engine lives.
 * @param threads how many threads one run may use; 0 leaves the choice to ExecuTorch.
 */
class ExecuTorchEngine(program: File, private val contract: Contract, threads: Int = 0) : Engine {
    private val module = try {
        Module.load(program.path, Module.LOAD_MODE_MMAP, threads)
    } catch (error: RuntimeException) {
        throw ContractProblem("${program.name} cannot be loaded: ${error.message}; install the model again")
    } catch (error: LinkageError) {
        throw ContractProblem("this phone cannot run the model: ${error.message}; install the app for its processor")
    }

    override fun run(photo: FloatArray, answers: FloatArray): FloatArray {
        val side = contract.image.sidePx.toLong()
        try {
            val output = module.forward(
                EValue.from(Tensor.fromBlob(photo, longArrayOf(1, 3, side, side))),
                EValue.from(Tensor.fromBlob(answers, longArrayOf(1, answers.size.toLong()))),
            )
            return output.single().toTensor().dataAsFloatArray
        } catch (error: RuntimeException) {
            throw ContractProblem("the program failed: ${error.message}; install the model again")
        }
    }

    override fun close() = module.destroy()
}
