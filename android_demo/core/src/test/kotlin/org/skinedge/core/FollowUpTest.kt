package org.skinedge.core

import java.io.File
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals
import kotlinx.serialization.KSerializer
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** The same events in both stores: `follow_ups` of the golden cases says what Python's kept of them. */
class FollowUpTest {
    private val folder = kotlin.io.path.createTempDirectory("records").toFile()
    private val golden = Golden.value("follow_ups").jsonObject
    private val visit = Json.decodeFromString(Visit.serializer(), Golden.bytes("visit.json").decodeToString())
    private val ids = listOf("0000000001", "0000000002", "0000000003")
    private val override = part("override", Override.serializer())
    private val outcomes = golden.getValue("outcomes").jsonArray.map { Json.decodeFromJsonElement(Outcome.serializer(), it) }
    private val deletion = part("deletion", Deletion.serializer())
    private val before: Long

    init {
        val store = store()
        val patients = golden.getValue("patients").jsonArray.map { it.jsonPrimitive.content }
        for ((id, patient) in ids.zip(patients)) store.add(visit.copy(visitId = id, patient = patient), "a photo".toByteArray())
        store.add(ids[0], override)
        for (outcome in outcomes) store.add(ids[0], outcome)
        store.add(ids[2], override)
        before = store.entries().size.toLong()
    }

    @AfterTest
    fun remove() {
        folder.deleteRecursively()
    }

    private fun <T> part(name: String, serializer: KSerializer<T>) =
        Json.decodeFromJsonElement(serializer, golden.getValue(name))

    private fun store(disk: Disk = Disk()) = RecordStore(folder, Vault(testKey), disk)

    private fun delete(disk: Disk = Disk()) = store(disk).deletePatient(golden.text("deleted"), deletion)

    private fun JsonObject.text(name: String) = getValue(name).jsonPrimitive.content

    @Test
    fun whatIsAddedIsWrittenAsPythonWritesIt() {
        fun <T> again(element: JsonElement, serializer: KSerializer<T>) =
            assertEquals(element, Json.encodeToJsonElement(serializer, Json.decodeFromJsonElement(serializer, element)))
        again(golden.getValue("override"), Override.serializer())
        again(golden.getValue("deletion"), Deletion.serializer())
        for (outcome in golden.getValue("outcomes").jsonArray) again(outcome, Outcome.serializer())
        assertEquals(listOf(true, null), outcomes.map { it.malignant })
    }

    @Test
    fun theLastOverrideCountsAndNothingIsLost() {
        val record = store().record(ids[0])
        assertEquals(golden.text("decision"), record.decision.code)
        assertEquals(visit.result.decision, record.visit.result.decision)
        assertEquals(Record(record.visit, listOf(override), outcomes), record)
        store().add(ids[0], override.copy(decision = Decision.WATCH))
        assertEquals(Decision.WATCH, store().record(ids[0]).decision)
        assertEquals(visit.result.decision, store().record(ids[1]).decision)
    }

    @Test
    fun theLogIsThatOfPython() {
        assertEquals(2, delete())
        assertEquals(golden.getValue("log").jsonArray.map { it.jsonArray.map(::content) }, store().entries().map(::stable))
        assertEquals(emptyList(), store().problems())
        assertEquals(deletion, store().deletion(store().entries().last()))
    }

    private fun content(element: JsonElement) = element.jsonPrimitive.let { if (it.isString) it.content else it.toString() }

    private fun stable(entry: Entry) = listOf(
        "${entry.sequence}",
        entry.kind,
        entry.visitId ?: "null",
        entry.modelName ?: "null",
        entry.modelSha256 ?: "null",
        "${entry.photoSha256 != null}",
    )

    @Test
    fun ofADeletedPatientNothingIsLeftButThatItWas() {
        delete()
        assertEquals(listOf(ids[1]), store().all().map { it.visit.visitId })
        val left = folder.list()!!.filter { it.startsWith(ids[0]) || it.startsWith(ids[2]) }.sorted()
        assertEquals(listOf("${ids[0]}.${before + 1}.deletion", "${ids[2]}.${before + 2}.deletion"), left)
        assertFailsWith<RecordProblem> { store().record(ids[0]) }
        assertFailsWith<RecordProblem> { store().add(ids[0], override) }
        assertEquals(0, delete())
    }

    @Test
    fun whoIsKilledWhileDeletingHasDeletedOnTheNextStart() {
        val file = File(folder, "${ids[0]}.photo")
        val photo = file.readBytes()
        delete()
        file.writeBytes(photo)
        store()
        assertEquals(false, file.exists())
    }

    @Test
    fun aFullDiskKeepsEverythingOrAddsIt() {
        for (rooms in 0..4) {
            val count = store().entries().size
            val done = runCatching { store(FullDisk(rooms)).add(ids[1], override) }
            assertEquals(done.isSuccess, store().record(ids[1]).overrides.isNotEmpty(), "$rooms")
            assertEquals(count + if (done.isSuccess) 1 else 0, store().entries().size)
            assertEquals(emptyList(), store().problems(), "$rooms")
            if (done.isSuccess) return
        }
        error("never had room")
    }

    @Test
    fun aChangedOrMissingAdditionIsFound() {
        val file = folder.listFiles()!!.single { it.name.startsWith(ids[2]) && it.extension == "override" }
        file.appendText("x")
        assertNotEquals(emptyList(), store().problems())
        assertFailsWith<RecordProblem> { store().record(ids[2]) }
        file.delete()
        assertNotEquals(emptyList(), store().problems())
    }

    @Test
    fun patientsAreLookedUpAsPythonDoes() {
        for (case in Golden.cases("pseudonyms").map { it.jsonObject }) {
            assertEquals(case.text("normal"), normalPseudonym(case.text("patient")))
        }
    }
}
