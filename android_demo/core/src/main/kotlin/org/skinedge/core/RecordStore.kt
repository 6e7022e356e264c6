package org.skinedge.core

import java.io.File
import java.io.IOException
import java.time.Instant
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json

/** An entry as it lies in the log, with its hash beside it. */
@Serializable
private data class Line(val entry: Entry, val sha256: String)

/**
 * The visits of one phone. `log.jsonl` holds the hash chain, in clear but for no patient; `ID.visit` and `ID.photo` are sealed,
 * and so is `head`, which says where the log ends: without this phone's key nobody can cut the log short or write it anew.
 *
 * A visit is there once its line is in the log. Files of one that was cut off before that are removed on the next start.
 */
class RecordStore(private val folder: File, private val vault: Vault, private val disk: Disk = Disk()) {
    private val log = File(folder, "log.jsonl")
    private val head = File(folder, "head")
    private var lines: List<Line> = emptyList()

    init {
        if (!log.exists() && !head.exists()) append(momentText(Instant.now()), "created", null, ByteArray(0), null)
        lines = whole(log)
        removeUnfinished()
    }

    /** All visits that can be opened, newest first. */
    fun visits(): List<Visit> = lines.mapNotNull { it.entry.visitId }.reversed().map(::visit)

    /** Whether this visit is kept. */
    fun has(visitId: String): Boolean = lines.any { it.entry.visitId == visitId }

    /** Throws [RecordProblem] where it was changed. */
    fun visit(visitId: String): Visit =
        parse(visitId, vault.open("$visitId.visit", read("$visitId.visit")), Visit.serializer())

    /** Null where the person did not want it kept. Throws [RecordProblem] where it was changed. */
    fun photo(visitId: String): ByteArray? {
        val file = File(folder, "$visitId.photo")
        return if (file.exists()) vault.open(file.name, read(file.name)) else null
    }

    /** Keeps a visit, with its photo unless that is null. Throws [StorageProblem], and then nothing of it is kept. */
    fun add(visit: Visit, photo: ByteArray?) {
        val id = visit.visitId
        val payload = vault.seal("$id.visit", Json.encodeToString(Visit.serializer(), visit).toByteArray())
        val sealedPhoto = photo?.let { vault.seal("$id.photo", it) }
        try {
            disk.replace(File(folder, "$id.visit"), payload)
            sealedPhoto?.let { disk.replace(File(folder, "$id.photo"), it) }
            append(visit.createdAt, "visit", visit, payload, sealedPhoto)
        } catch (problem: StorageProblem) {
            removeUnfinished()
            throw problem
        }
    }

    /** What is wrong with the log and the files it names, one line each; nothing where all is well. */
    fun problems(): List<String> =
        checkChain(lines.map { it.entry to it.sha256 }) + headProblems() + lines.flatMap(::fileProblems)

    private fun append(time: String, kind: String, visit: Visit?, payload: ByteArray, photo: ByteArray?) {
        val last = lines.lastOrNull()
        val entry = Entry(
            sequence = (last?.entry?.sequence ?: 0) + 1,
            time = time,
            kind = kind,
            visitId = visit?.visitId,
            modelName = visit?.result?.modelName,
            modelSha256 = visit?.result?.modelSha256,
            payloadSha256 = sha256(payload),
            photoSha256 = photo?.let(::sha256),
            previousSha256 = last?.sha256 ?: BEFORE_THE_FIRST,
        )
        val line = Line(entry, entry.sha256())
        folder.mkdirs()
        disk.append(log, (Json.encodeToString(Line.serializer(), line) + "\n").toByteArray())
        lines = lines + line
        try {
            disk.replace(head, vault.seal("head", name(line).toByteArray()))
        } catch (_: StorageProblem) {
            // The visit is kept already; the head is written with the next one, and may be one entry behind until then.
        }
    }

    private fun headProblems(): List<String> {
        if (!head.exists()) {
            return if (lines.size >
                1
            ) {
                listOf("the end of the log is not known: its head is missing")
            } else {
                emptyList()
            }
        }
        val known = try {
            vault.open("head", read("head")).decodeToString()
        } catch (problem: RecordProblem) {
            return listOf(problem.message.orEmpty())
        }
        return if (lines.takeLast(2).any {
                name(it) == known
            }
        ) {
            emptyList()
        } else {
            listOf("the log does not end where it ended")
        }
    }

    private fun fileProblems(line: Line): List<String> {
        val id = line.entry.visitId ?: return emptyList()
        val kept = listOf("$id.visit" to line.entry.payloadSha256, "$id.photo" to line.entry.photoSha256)
        return kept.mapNotNull { (name, hash) ->
            val file = File(folder, name)
            if (hash != null &&
                (!file.exists() || sha256(file.readBytes()) != hash)
            ) {
                "$name is missing or was changed"
            } else {
                null
            }
        }
    }

    private fun removeUnfinished() {
        val known = lines.mapNotNull { it.entry.visitId }.toSet()
        folder.listFiles().orEmpty()
            .filter { it.extension in setOf("visit", "photo", "new") && it.name.substringBefore('.') !in known }
            .forEach(File::delete)
    }

    /** The lines of a log, without a last one that was cut off in the middle. */
    private fun whole(log: File): List<Line> {
        val data = if (log.exists()) log.readBytes() else return emptyList()
        val size = data.lastIndexOf('\n'.code.toByte()) + 1
        disk.cut(log, size.toLong())
        return data.copyOf(size).decodeToString().lines().filter(String::isNotEmpty)
            .map { parse("log.jsonl", it.toByteArray(), Line.serializer()) }
    }

    private fun read(name: String): ByteArray = try {
        File(folder, name).readBytes()
    } catch (_: IOException) {
        throw RecordProblem("$name is missing")
    }

    private fun name(line: Line) = "${line.entry.sequence}:${line.sha256}"
}
