package org.skinedge.core

import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.nio.file.Files
import java.nio.file.StandardCopyOption

/** Writes files so that what is there is always whole. Tests put a full disk in its place. */
open class Disk {
    /** Puts `data` at `file`, or throws [StorageProblem] and leaves what was there. */
    fun replace(file: File, data: ByteArray) {
        val beside = File(file.parentFile, ".${file.name}.new")
        orFull(file) {
            try {
                file.parentFile.mkdirs()
                FileOutputStream(beside).use { write(it, data) }
                Files.move(
                    beside.toPath(),
                    file.toPath(),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING,
                )
            } finally {
                beside.delete()
            }
        }
    }

    /** Adds `data` to `file`, or throws [StorageProblem] and cuts off what was added of it. */
    fun append(file: File, data: ByteArray) {
        val before = file.length()
        orFull(file) {
            try {
                FileOutputStream(file, true).use { write(it, data) }
            } catch (error: IOException) {
                cut(file, before)
                throw error
            }
        }
    }

    /** Leaves the first `size` bytes of a file. */
    fun cut(file: File, size: Long) {
        if (file.length() > size) java.io.RandomAccessFile(file, "rw").use { it.setLength(size) }
    }

    protected open fun write(stream: FileOutputStream, data: ByteArray) {
        stream.write(data)
        stream.fd.sync() // A phone may be switched off in the next moment.
    }

    private fun orFull(file: File, action: () -> Unit) {
        try {
            action()
        } catch (error: IOException) {
            throw StorageProblem("cannot write ${file.name} (${error.message}): free some storage and try again")
        }
    }
}
