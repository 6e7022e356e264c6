package org.skinedge.core

import java.io.File
import java.time.Instant
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json

/** Where a visit stands. */
@Serializable
enum class Step { CONSENT, PHOTO, QUESTIONS, RESULT }

/** A visit that is under way, all but its photo. */
@Serializable
data class Draft(
    val visitId: String,
    val patient: String,
    val step: Step = Step.CONSENT,
    val consent: Consent? = null,
    val answers: Map<String, String?> = emptyMap(),
    val result: ScreeningResult? = null,
)

/**
 * One visit from consent to result. Every step is on the disk, sealed, before it counts, so that a phone that kills the app
 * while its camera is open loses nothing: [VisitFlow] goes on where the draft stands.
 *
 * @param folder for the draft alone.
 */
class VisitFlow(
    private val folder: File,
    private val vault: Vault,
    private val screener: () -> Screener,
    private val records: RecordStore,
    private val disk: Disk = Disk(),
    private val now: () -> Instant = Instant::now,
) {
    private val draftFile = File(folder, "draft")
    private val photoFile = File(folder, "draft-photo")

    /** The visit under way; null where there is none. */
    var draft: Draft? = resumed()
        private set

    /** Starts a visit in place of whatever was under way. */
    fun start(patient: String = "") {
        discard()
        save(Draft(newVisitId(), patient.trim().ifEmpty { newPseudonym() }))
    }

    /** The person agrees. @param keepPhoto whether the photo may be kept with the record. */
    fun agree(keepPhoto: Boolean) = step(Step.CONSENT) {
        val agreedTo = listOf("screening") + if (keepPhoto) listOf("keep photo") else emptyList()
        it.copy(step = Step.PHOTO, consent = Consent(agreedTo, momentText(now())))
    }

    /** Takes the photo in. Throws [PhotoProblem] where it cannot be read, and the step is the same still. */
    fun photograph(photo: ByteArray) = step(Step.PHOTO) {
        screener().load(photo)
        disk.replace(photoFile, vault.seal(photoFile.name, photo))
        it.copy(step = Step.QUESTIONS)
    }

    /** Notes one answer; null is "don't know". Throws [AnswerProblem]. */
    fun answer(question: String, answer: String?) = step(Step.QUESTIONS) {
        val answers = it.answers + (question to answer)
        screener().contract.encode(answers)
        it.copy(answers = answers)
    }

    /** Runs the program. */
    fun screen() = step(Step.QUESTIONS) {
        it.copy(step = Step.RESULT, result = screener().screen(photo(), it.answers))
    }

    /** Back to the camera, with the answers as they are. */
    fun photographAgain() = step(Step.RESULT) { it.copy(step = Step.PHOTO, result = null) }

    /** Keeps the visit as a record and ends it. Throws [StorageProblem], and the visit is under way still. */
    fun keep(language: String, site: String = "", screenedBy: String = ""): Visit {
        val current = expected(Step.RESULT)
        val consent = checkNotNull(current.consent)
        val visit = Visit(
            schemaVersion = 1,
            visitId = current.visitId,
            patient = current.patient,
            createdAt = momentText(now()),
            language = language,
            consent = consent,
            answers = current.answers,
            result = checkNotNull(current.result),
            site = site,
            screenedBy = screenedBy,
        )
        records.add(visit, photo().takeIf { "keep photo" in consent.agreedTo })
        discard()
        return visit
    }

    /** Ends the visit without a trace. */
    fun discard() {
        // The photo first: should only one of them go, a draft without its photo is noticed and ended.
        photoFile.delete()
        draftFile.delete()
        draft = null
    }

    private fun photo(): ByteArray = vault.open(photoFile.name, photoFile.readBytes())

    private fun step(from: Step, change: (Draft) -> Draft) = save(change(expected(from)))

    private fun expected(step: Step): Draft {
        val current = checkNotNull(draft) { "no visit is under way" }
        check(current.step == step) { "the visit is at ${current.step}, not at $step" }
        return current
    }

    private fun save(changed: Draft) {
        disk.replace(draftFile, vault.seal(draftFile.name, Json.encodeToString(Draft.serializer(), changed).toByteArray()))
        draft = changed
    }

    private fun resumed(): Draft? {
        val found = try {
            if (draftFile.exists()) {
                parse("draft", vault.open(draftFile.name, draftFile.readBytes()), Draft.serializer())
            } else {
                null
            }
        } catch (_: Problem) {
            null
        }
        val whole = found != null && (found.step < Step.QUESTIONS || photoFile.exists())
        // Killed between keeping the record and ending the draft: the record is there.
        if (!whole || records.has(found.visitId)) {
            photoFile.delete()
            draftFile.delete()
            return null
        }
        return found
    }
}
