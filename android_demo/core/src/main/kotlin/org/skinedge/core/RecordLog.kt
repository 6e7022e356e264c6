package org.skinedge.core

import java.io.File
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json

/** An entry as it lies in the log, with its hash beside it. */
@Serializable
private data class Line(val entry: Entry, val sha256: String)

/**
 * The log of a store: `log.jsonl` holds the hash chain, in clear but for no patient, and `head`, which is sealed, says where it
 * ends: without this phone's key nobody can cut the log short or write it anew.
 */
class RecordLog(private val folder: File, private val vault: Vault, private val disk: Disk) {
    private val log = File(folder, "log.jsonl")
    private val head = File(folder, "head")
    private var lines: List<Line> = whole()

    val entries: List<Entry> get() = lines.map { it.entry }

    /** Names of the log's own files. */
    val files: Set<String> = setOf(log.name, head.name)

    /** Whether there was a log, or what is left of one. */
    fun exists(): Boolean = log.exists() || head.exists()

    /** What the sequence of the next entry will be. */
    val next: Long get() = (lines.lastOrNull()?.entry?.sequence ?: 0) + 1

    /** Adds an entry about a visit, or about the store where that is null. Throws [StorageProblem], and it is not there then. */
    fun append(time: String, kind: String, visit: Visit?, payload: ByteArray, photo: ByteArray? = null) {
        val entry = Entry(
            sequence = next,
            time = time,
            kind = kind,
            visitId = visit?.visitId,
            modelName = visit?.result?.modelName,
            modelSha256 = visit?.result?.modelSha256,
            payloadSha256 = sha256(payload),
            photoSha256 = photo?.let(::sha256),
            previousSha256 = lines.lastOrNull()?.sha256 ?: BEFORE_THE_FIRST,
        )
        val line = Line(entry, entry.sha256())
        folder.mkdirs()
        disk.append(log, (Json.encodeToString(Line.serializer(), line) + "\n").toByteArray())
        lines = lines + line
        try {
            disk.replace(head, vault.seal("head", name(line).toByteArray()))
        } catch (_: StorageProblem) {
            // The entry is there already; the head is written with the next one, and may be one entry behind until then.
        }
    }

    /** What is wrong with the chain and its end, one line each. */
    fun problems(): List<String> = checkChain(lines.map { it.entry to it.sha256 }) + headProblems()

    private fun headProblems(): List<String> {
        if (!head.exists()) {
            return if (lines.size > 1) listOf("the end of the log is not known: its head is missing") else emptyList()
        }
        val known = try {
            vault.open("head", head.readBytes()).decodeToString()
        } catch (problem: RecordProblem) {
            return listOf(problem.message.orEmpty())
        }
        val ends = lines.takeLast(2).any { name(it) == known }
        return if (ends) emptyList() else listOf("the log does not end where it ended")
    }

    /** The lines, without a last one that was cut off in the middle. */
    private fun whole(): List<Line> {
        val data = if (log.exists()) log.readBytes() else return emptyList()
        val size = data.lastIndexOf('\n'.code.toByte()) + 1
        disk.cut(log, size.toLong())
        return data.copyOf(size).decodeToString().lines().filter(String::isNotEmpty)
            .map { parse("log.jsonl", it.toByteArray(), Line.serializer()) }
    }

    private fun name(line: Line) = "${line.entry.sequence}:${line.sha256}"
}
