package org.skinedge.core

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** The vectors of the Python store. */
class ChainTest {
    private val vectors = Json.parseToJsonElement(File("../../tests/records/chain_vectors.json").readText()).jsonObject
    private val chain = vectors.getValue("chain").jsonArray

    private fun pairs(lines: JsonArray) = lines.map { it.jsonObject }.map {
        Json.decodeFromJsonElement(Entry.serializer(), it.getValue("entry")) to it.getValue("sha256").jsonPrimitive.content
    }

    @Test
    fun entriesHaveTheBytesAndHashesOfPython() {
        for (vector in chain.map { it.jsonObject }) {
            val entry = Json.decodeFromJsonElement(Entry.serializer(), vector.getValue("entry"))
            assertEquals(vector.getValue("canonical_utf8_hex").jsonPrimitive.content, hex(entry.canonical()))
            assertEquals(vector.getValue("sha256").jsonPrimitive.content, entry.sha256())
        }
    }

    @Test
    fun aWholeChainHasNoProblemAndEveryBrokenOneHas() {
        assertEquals(emptyList(), checkChain(pairs(chain)))
        val broken = vectors.getValue("broken").jsonObject
        assertEquals(7, broken.size)
        for ((name, said) in broken) {
            assertNotEquals(emptyList(), checkChain(pairs(said.jsonObject.getValue("entries").jsonArray)), name)
        }
    }

    @Test
    fun aVisitIsWrittenAsPythonWritesIt() {
        val golden = Json.parseToJsonElement(Golden.bytes("visit.json").decodeToString())
        val visit = Json.decodeFromJsonElement(Visit.serializer(), golden)
        assertEquals(golden, Json.encodeToJsonElement(Visit.serializer(), visit))
    }
}
