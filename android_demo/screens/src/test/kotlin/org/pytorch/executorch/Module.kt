package org.pytorch.executorch

/** In the place of ExecuTorch's class of this name, whose library is for phones: gives the answer that a scene asks for. */
@Suppress("unused", "UNUSED_PARAMETER")
class Module private constructor() {
    fun forward(vararg inputs: EValue): Array<EValue> =
        arrayOf(EValue.from(Tensor.fromBlob(answer, longArrayOf(1, answer.size.toLong()))))

    fun destroy() = Unit

    companion object {
        const val LOAD_MODE_MMAP = 1

        /** Probabilities by label. */
        var answer = floatArrayOf()

        @JvmStatic
        fun load(path: String, mode: Int, threads: Int) = Module()
    }
}
