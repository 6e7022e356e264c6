package org.skinedge.core

/**
 * The EXIF orientation of a JPEG file, 1..8; 1, which is upright, where there is none or it cannot be read: the pixels of a
 * photo with damaged EXIF are whole still.
 */
fun orientation(jpeg: ByteArray): Int = try {
    exif(jpeg)?.let(::orientationOf) ?: 1
} catch (_: IndexOutOfBoundsException) {
    1
}

/** Where the TIFF header of a JPEG's EXIF begins. */
private fun exif(jpeg: ByteArray): Tiff? {
    var at = 2
    while (jpeg.byte(at) == 0xff && jpeg.byte(at + 1) != START_OF_SCAN) {
        val length = jpeg.byte(at + 2) * 256 + jpeg.byte(at + 3)
        if (jpeg.byte(at + 1) == APP1 && String(jpeg, at + 4, 6, Charsets.ISO_8859_1) == "Exif\u0000\u0000") {
            return Tiff(jpeg, at + 10)
        }
        at += 2 + length
    }
    return null
}

private fun orientationOf(tiff: Tiff): Int {
    val directory = tiff.number(4, 4)
    val entries = tiff.number(directory, 2)
    for (entry in List(entries) { directory + 2 + 12 * it }) {
        if (tiff.number(entry, 2) == ORIENTATION && tiff.number(entry + 2, 2) == SHORT) {
            return tiff.number(entry + 8, 2).takeIf { it in 1..8 } ?: 1
        }
    }
    return 1
}

private class Tiff(private val data: ByteArray, private val start: Int) {
    private val littleEndian = data.byte(start) == 'I'.code

    /** An unsigned number of `size` bytes at `offset` from the TIFF header. */
    fun number(offset: Int, size: Int): Int {
        val bytes = List(size) { data.byte(start + offset + it) }
        return (if (littleEndian) bytes.reversed() else bytes).fold(0) { sum, byte -> sum * 256 + byte }
    }
}

private fun ByteArray.byte(at: Int) = this[at].toInt() and 0xff

private const val APP1 = 0xe1
private const val START_OF_SCAN = 0xda
private const val ORIENTATION = 0x0112
private const val SHORT = 3
