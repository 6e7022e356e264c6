package org.skinedge.core

import java.io.File
import java.io.IOException
import java.time.Instant
import kotlinx.serialization.KSerializer
import kotlinx.serialization.json.Json

/**
 * The visits of one phone and what followed. Beside the log lie, each sealed, `ID.visit`, `ID.photo`, and with the sequence of
 * their entry `ID.5.override`, `ID.6.outcome` and `ID.7.deletion`.
 *
 * An event has happened once its line is in the log. Files that the log does not name, of an event that was cut off before
 * that or of a patient who was deleted, are removed on the next start at the latest.
 */
class RecordStore(private val folder: File, private val vault: Vault, private val disk: Disk = Disk()) {
    private val log = RecordLog(folder, vault, disk)

    init {
        if (!log.exists()) log.append(momentText(Instant.now()), "created", null, ByteArray(0))
        removeUnnamed()
    }

    /** All that can be opened, newest visit first. */
    fun all(): List<Record> = kept().filter { it.kind == "visit" }.reversed().map { record(it.visitId!!) }

    /** Whether there is, or ever was, a visit of this id. */
    fun has(visitId: String): Boolean = log.entries.any { it.visitId == visitId }

    /** Throws [RecordProblem] where it was changed, was deleted or never was. */
    fun record(visitId: String): Record {
        val events = kept().filter { it.visitId == visitId }
        val visit = events.find { it.kind == "visit" } ?: throw RecordProblem("there is no visit $visitId")
        return Record(
            open(visit, Visit.serializer()),
            events.filter { it.kind == "override" }.map { open(it, Override.serializer()) },
            events.filter { it.kind == "outcome" }.map { open(it, Outcome.serializer()) },
        )
    }

    /** Null where the person did not want it kept. Throws [RecordProblem] where it was changed. */
    fun photo(visitId: String): ByteArray? {
        val file = File(folder, "$visitId.photo")
        return if (file.exists()) vault.open(file.name, read(file.name)) else null
    }

    /** Keeps a visit, with its photo unless that is null. Throws [StorageProblem], and then nothing of it is kept. */
    fun add(visit: Visit, photo: ByteArray?) = event(visit.createdAt, "visit", visit, visit, Visit.serializer(), photo)

    /** Adds a decision to a visit. Throws [RecordProblem], [StorageProblem]. */
    fun add(visitId: String, override: Override) =
        event(override.at, "override", record(visitId).visit, override, Override.serializer())

    /** Adds a finding to a visit. Throws [RecordProblem], [StorageProblem]. */
    fun add(visitId: String, outcome: Outcome) =
        event(outcome.at, "outcome", record(visitId).visit, outcome, Outcome.serializer())

    /**
     * Deletes all visits of a patient with their photos and all that was added. The log keeps that, when, why and by whom.
     *
     * @return how many visits there were. Throws [StorageProblem]: the visits that are listed still are to be deleted again.
     */
    fun deletePatient(patient: String, deletion: Deletion, at: String = momentText(Instant.now())): Int {
        val visits = all().map { it.visit }.filter { normalPseudonym(it.patient) == normalPseudonym(patient) }
        for (visit in visits.reversed()) event(at, "deletion", visit, deletion, Deletion.serializer())
        removeUnnamed()
        return visits.size
    }

    /** The log, oldest entry first. */
    fun entries(): List<Entry> = log.entries

    /** What a deletion said. Throws [RecordProblem] where it was changed. */
    fun deletion(entry: Entry): Deletion = open(entry, Deletion.serializer())

    /** What is wrong with the log and the files it names, one line each; nothing where all is well. */
    fun problems(): List<String> = log.problems() + kept().flatMap(::hashes).mapNotNull { (name, hash) ->
        val file = File(folder, name)
        if (file.exists() && sha256(file.readBytes()) == hash) null else "$name is missing or was changed"
    }

    private fun <T> event(
        time: String,
        kind: String,
        visit: Visit,
        told: T,
        serializer: KSerializer<T>,
        photo: ByteArray? = null,
    ) {
        val name = fileName(kind, visit.visitId, log.next)
        val payload = vault.seal(name, Json.encodeToString(serializer, told).toByteArray())
        val sealedPhoto = photo?.let { vault.seal("${visit.visitId}.photo", it) }
        try {
            disk.replace(File(folder, name), payload)
            sealedPhoto?.let { disk.replace(File(folder, "${visit.visitId}.photo"), it) }
            log.append(time, kind, visit, payload, sealedPhoto)
        } catch (problem: StorageProblem) {
            removeUnnamed()
            throw problem
        }
    }

    /** The entries whose payload is there still: all but what was of a patient who was deleted. */
    private fun kept(): List<Entry> {
        val deleted = log.entries.filter { it.kind == "deletion" }.map { it.visitId }.toSet()
        return log.entries.filter { it.visitId != null && (it.kind == "deletion" || it.visitId !in deleted) }
    }

    private fun removeUnnamed() {
        val named = kept().flatMap(::hashes).map { (name, _) -> name } + log.files
        folder.listFiles().orEmpty().filter { it.name !in named }.forEach(File::delete)
    }

    /** The files of an entry, each with its hash. */
    private fun hashes(entry: Entry): List<Pair<String, String>> = listOfNotNull(
        fileName(entry.kind, entry.visitId!!, entry.sequence) to entry.payloadSha256,
        entry.photoSha256?.let { "${entry.visitId}.photo" to it },
    )

    private fun fileName(kind: String, visitId: String, sequence: Long) =
        if (kind == "visit") "$visitId.visit" else "$visitId.$sequence.$kind"

    private fun <T> open(entry: Entry, serializer: KSerializer<T>): T {
        val name = fileName(entry.kind, entry.visitId!!, entry.sequence)
        return parse(name, vault.open(name, read(name)), serializer)
    }

    private fun read(name: String): ByteArray = try {
        File(folder, name).readBytes()
    } catch (_: IOException) {
        throw RecordProblem("$name is missing")
    }
}
