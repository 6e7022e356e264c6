package org.skinedge.core

import java.io.File
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals
import kotlinx.serialization.json.Json

class RecordStoreTest {
    private val folder = kotlin.io.path.createTempDirectory("records").toFile()
    private val golden = Json.decodeFromString(Visit.serializer(), Golden.bytes("visit.json").decodeToString())
    private val ids = listOf("0000000001", "0000000002", "0000000003")

    init {
        val store = store()
        for (id in ids) store.add(golden.copy(visitId = id), "a photo".toByteArray())
    }

    @AfterTest
    fun remove() {
        folder.deleteRecursively()
    }

    private fun store() = RecordStore(folder, Vault(testKey))

    @Test
    fun whatIsKeptIsReadBackNewestFirst() {
        assertEquals(ids.reversed(), store().all().map { it.visit.visitId })
        assertEquals(golden.copy(visitId = ids[0]), store().record(ids[0]).visit)
        assertEquals(emptyList(), store().problems())
    }

    @Test
    fun aLineCutOffInTheMiddleIsTakenBack() {
        val log = File(folder, "log.jsonl")
        val whole = log.readText()
        log.appendText("{\"entry\":{\"sequ")
        assertEquals(3, store().all().size)
        assertEquals(whole, log.readText())
    }

    @Test
    fun filesOfAVisitThatWasNeverLoggedAreRemoved() {
        File(folder, "0000000009.visit").writeText("x")
        File(folder, ".0000000009.photo.new").writeText("x")
        store()
        assertEquals(8, folder.list()!!.size, folder.list()!!.joinToString())
    }

    @Test
    fun aLogCutShortIsFound() {
        val log = File(folder, "log.jsonl")
        val lines = log.readText().lines().filter(String::isNotEmpty)
        for (kept in 0 until lines.size) {
            log.writeText(lines.take(kept).joinToString("") { "$it\n" })
            assertNotEquals(emptyList(), store().problems(), "$kept lines")
        }
    }

    @Test
    fun aChangedLogFileOrPayloadIsFound() {
        val log = File(folder, "log.jsonl")
        val text = log.readText()
        log.writeText(text.replaceFirst("2026-01-31T08:05:00Z", "2026-01-31T08:05:01Z"))
        assertNotEquals(emptyList(), store().problems())
        log.writeText(text)
        File(folder, "${ids[1]}.photo").appendText("x")
        assertNotEquals(emptyList(), store().problems())
        assertFailsWith<RecordProblem> { store().photo(ids[1]) }
    }

    @Test
    fun sealedFilesCannotBeSwapped() {
        File(folder, "${ids[0]}.visit").copyTo(File(folder, "${ids[1]}.visit"), overwrite = true)
        assertFailsWith<RecordProblem> { store().record(ids[1]) }
    }

    @Test
    fun anotherPhoneReadsNothing() {
        val other = Vault(javax.crypto.spec.SecretKeySpec(ByteArray(32), "AES"))
        assertFailsWith<RecordProblem> { RecordStore(folder, other).record(ids[0]) }
        assertNotEquals(emptyList(), RecordStore(folder, other).problems())
    }

    @Test
    fun theHeadMayBeOneEntryBehindAndNoMore() {
        val head = File(folder, "head")
        val before = head.readBytes()
        val store = store()
        store.add(golden.copy(visitId = "0000000004"), null)
        head.writeBytes(before)
        assertEquals(emptyList(), store().problems())
        store().add(golden.copy(visitId = "0000000005"), null)
        head.writeBytes(before)
        assertNotEquals(emptyList(), store().problems())
    }
}
