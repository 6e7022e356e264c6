package org.skinedge.core

import java.io.File
import java.time.Instant
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertTrue

class VisitFlowTest {
    private val folder = kotlin.io.path.createTempDirectory("phone").toFile()
    private val photo = Golden.bytes("300x201.png")
    private val disk = FullDisk(Int.MAX_VALUE)

    @AfterTest
    fun remove() {
        folder.deleteRecursively()
    }

    private fun records() = RecordStore(File(folder, "records"), Vault(testKey), disk)

    /** A new start of the app: what it knows is what lies on the disk. */
    private fun flow(records: RecordStore = records()) = VisitFlow(
        File(folder, "draft"),
        Vault(testKey),
        {
            Screener(Golden.contract, "0".repeat(64), FakeEngine(), javaDecoder)
        },
        records,
        disk,
        now = { Instant.parse("2026-01-31T08:05:00Z") },
    )

    private val steps = listOf<(VisitFlow) -> Unit>(
        { it.start("Maria") },
        { it.agree(keepPhoto = true) },
        { it.photograph(photo) },
        { it.answer("itch", "yes") },
        { it.answer("age_years", null) },
        { it.screen() },
        { it.keep("en") },
    )

    @Test
    fun aVisitGoesThroughAllItsSteps() {
        val flow = flow()
        steps.forEach { it(flow) }
        assertNull(flow.draft)
        val visit = records().all().map { it.visit }.single()
        assertEquals("Maria" to Decision.REFER, visit.patient to visit.result.decision)
        assertEquals(mapOf("itch" to "yes", "age_years" to null), visit.answers)
        assertContentEquals(photo, records().photo(visit.visitId))
        assertEquals(emptyList(), records().problems())
    }

    @Test
    fun anAppKilledAfterAnyStepGoesOnThere() {
        for (step in steps) step(flow())
        assertNull(flow().draft)
        assertEquals("Maria", records().all().map { it.visit }.single().patient)
    }

    @Test
    fun anAppKilledBetweenKeepingAndEndingKeepsOneRecord() {
        val flow = flow()
        steps.dropLast(1).forEach { it(flow) }
        val before = File(folder, "draft").listFiles()!!.associate { it.name to it.readBytes() }
        flow.keep("en")
        for ((name, data) in before) File(folder, "draft/$name").writeBytes(data)
        assertNull(flow().draft)
        assertEquals(1, records().all().map { it.visit }.size)
    }

    @Test
    fun aFullPhoneLosesNothingAndSaysSo() {
        for (count in steps.indices) {
            folder.deleteRecursively()
            disk.rooms = Int.MAX_VALUE
            val flow = flow()
            steps.take(count).forEach { it(flow) }
            val draft = flow.draft
            disk.rooms = 0
            assertFailsWith<StorageProblem>("step $count") { steps[count](flow) }
            assertEquals(draft, flow.draft, "step $count")
            disk.rooms = Int.MAX_VALUE
            val again = flow()
            assertEquals(draft, again.draft, "step $count after a new start")
            steps.drop(count).forEach { it(again) }
            assertEquals(1, records().all().map { it.visit }.size)
            assertEquals(emptyList(), records().problems())
        }
    }

    @Test
    fun aPhoneThatFillsUpWhileKeepingKeepsAllOrNothing() {
        for (rooms in 0..4) {
            folder.deleteRecursively()
            disk.rooms = Int.MAX_VALUE
            val flow = flow()
            steps.dropLast(1).forEach { it(flow) }
            disk.rooms = rooms
            val kept = runCatching { flow.keep("en") }.isSuccess
            assertEquals(rooms >= 3, kept, "$rooms")
            disk.rooms = Int.MAX_VALUE
            assertEquals(if (kept) 1 else 0, records().all().map { it.visit }.size)
            assertEquals(emptyList(), records().problems())
            val expected = if (kept) setOf("log.jsonl", "head", "visit", "photo") else setOf("log.jsonl", "head")
            val found = File(folder, "records").list()!!.map {
                if ('.' in it &&
                    it != "log.jsonl"
                ) {
                    it.substringAfter('.')
                } else {
                    it
                }
            }
            assertEquals(expected, found.toSet())
        }
    }

    @Test
    fun nothingOfTheVisitLiesOnThePhoneInClear() {
        val flow = flow()
        // Long enough not to occur by chance in what is encrypted: three letters do, now and then.
        val clear = listOf("Maria", "\u0089PNG\r\n", "\"itch\"")
        for (step in steps) {
            step(flow)
            for (file in folder.walk().filter { it.isFile }) {
                val text = file.readText(Charsets.ISO_8859_1)
                assertEquals(emptyList(), clear.filter { it in text }, file.name)
            }
        }
    }

    @Test
    fun aPersonWhoWantsNoPhotoKeptHasNone() {
        val flow = flow()
        flow.start()
        flow.agree(keepPhoto = false)
        steps.drop(2).forEach { it(flow) }
        val visit = records().all().map { it.visit }.single()
        assertNull(records().photo(visit.visitId))
        assertTrue(Regex("P-[0-9A-Z]{6}").matches(visit.patient))
    }

    @Test
    fun aBadPhotoOrAnswerLeavesTheStepAsItWas() {
        val flow = flow()
        steps.take(2).forEach { it(flow) }
        assertFailsWith<PhotoProblem> { flow.photograph(ByteArray(3)) }
        assertEquals(Step.PHOTO, flow.draft!!.step)
        flow.photograph(photo)
        assertFailsWith<AnswerProblem> { flow.answer("itch", "maybe") }
        assertEquals(emptyMap(), flow.draft!!.answers)
    }

    @Test
    fun aStepOutOfOrderIsABug() {
        val flow = flow()
        assertFailsWith<IllegalStateException> { flow.agree(true) }
        flow.start()
        assertFailsWith<IllegalStateException> { flow.screen() }
    }

    @Test
    fun aDiscardedVisitLeavesNothing() {
        val flow = flow()
        steps.take(4).forEach { it(flow) }
        flow.discard()
        assertEquals(0, File(folder, "draft").list()!!.size)
        assertNull(flow().draft)
    }

    @Test
    fun aDraftOfAnotherPhoneIsLeftOut() {
        val flow = flow()
        steps.take(3).forEach { it(flow) }
        File(folder, "draft/draft").appendText("x")
        assertNull(flow().draft)
    }
}
