package org.skinedge.core

import java.io.File
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.double
import kotlinx.serialization.json.float
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

class ContractTest {
    private val text = File(Golden.defaultBundle, "contract.json").readText()

    @Test
    fun answersAreEncodedAsInPython() {
        for (case in Golden.cases("answers").map { it.jsonObject }) {
            val answers = case.getValue("answers").jsonObject.mapValues { it.value.jsonPrimitive.contentOrNull }
            val encoded = case.getValue("encoded")
            if (encoded is JsonNull) {
                assertFailsWith<AnswerProblem>("$answers") { Golden.contract.encode(answers) }
            } else {
                val expected = encoded.jsonArray.map { it.jsonPrimitive.float }.toFloatArray()
                assertContentEquals(expected, Golden.contract.encode(answers), "$answers")
            }
        }
    }

    @Test
    fun triageIsThatOfPython() {
        val contract = Golden.contract.copy(watchBelow = Threshold(0.005))
        for (case in Golden.cases("triage").map { it.jsonObject }) {
            val probabilities = case.getValue("probabilities").jsonArray.map { it.jsonPrimitive.float }.toFloatArray()
            val score = malignancyScore(probabilities, contract)
            assertEquals(case.getValue("score").jsonPrimitive.double, score, 1e-15)
            val (decision, reason) = triage(score, contract)
            assertEquals(case.getValue("decision").jsonPrimitive.content, decision.code)
            assertEquals(case.getValue("reason").jsonPrimitive.content, reason.code)
        }
    }

    @Test
    fun assessmentsAreThoseOfPython() {
        val contract = Golden.contract.copy(watchBelow = Threshold(0.005))
        for (case in Golden.cases("assess").map { it.jsonObject }) {
            val unusable = case.getValue("unusable").jsonPrimitive.contentOrNull
            val warnings = case.getValue("advice").jsonArray.map { it.jsonPrimitive.content }
            val check = PhotoCheck(
                Reason.entries.find { it.code == unusable },
                Advice.entries.filter { it.code in warnings },
                case.getValue("soft").jsonPrimitive.boolean,
            )
            val insist = case.getValue("insist").jsonPrimitive.boolean
            val (decision, reason) = assess(check, case.getValue("score").jsonPrimitive.double, contract, insist)
            assertEquals(case.getValue("decision").jsonPrimitive.content, decision.code, "$case")
            assertEquals(case.getValue("reason").jsonPrimitive.content, reason.code, "$case")
        }
    }

    @Test
    fun betweenTheTwoLimitsItCannotAssess() {
        val contract = Golden.contract.copy(refer = Threshold(0.5), watchBelow = Threshold(0.25))
        val expected = mapOf(
            0.5 to Decision.REFER,
            0.49 to Decision.CANNOT_ASSESS,
            0.25 to Decision.CANNOT_ASSESS,
            0.24 to Decision.WATCH,
        )
        for ((score, decision) in expected) assertEquals(decision, triage(score, contract).first, "$score")
    }

    @Test
    fun aContractThatSaysMoreThanThisAppKnowsIsRefused() {
        val odd = listOf(
            text.replaceFirst("{", "{\"surprise\": 1,"),
            text.replace("\"schema_version\": 2", "\"schema_version\": 3"),
            text.replace("\"schema_version\": 2", "\"schema_version\": 1"),
            text.replace("antialiased_bilinear", "nearest"),
            text.replace("\"missing\": -1.0", "\"missing\": 0.0"),
            text.replace("\"position\": 1,", "\"position\": 7,"),
            text.replace("\"hurt\"", "\"itch\""),
            text.replaceFirst(Regex("\"value\": [0-9.]+"), "\"value\": NaN"),
            text.dropLast(9),
            "",
        )
        for (data in odd) {
            val problem = assertFailsWith<ContractProblem> { Contract.parse(data.toByteArray()) }
            assertEquals(1, problem.message!!.lines().size)
        }
        assertFailsWith<ContractProblem> { Contract.parse(byteArrayOf(0x22, 0xff.toByte(), 0x22)) }
    }

    @Test
    fun aContractOfSchema1IsReadAsBefore() {
        val now = Golden.contract
        val old = now.copy(schemaVersion = 1, backbone = "mobilenet_v2", fusion = "product", blank = -1f, model = null)
        val text = Json.encodeToString(Contract.serializer(), old)
        assertTrue("\"blank\"" in text && "\"model\"" !in text)
        val read = Contract.parse(text.toByteArray())
        assertEquals(old, read)
        assertEquals(now.encode(mapOf("itch" to "yes")).toList(), read.encode(mapOf("itch" to "yes")).toList())
    }

    @Test
    fun aProgramThatGivesNoProbabilitiesGivesNoAdvice() {
        val odd =
            listOf(
                FloatArray(6),
                floatArrayOf(1f),
                floatArrayOf(Float.NaN, 1f, 0f, 0f, 0f, 0f),
                floatArrayOf(2f, -1f, 0f, 0f, 0f, 0f),
            )
        for (answer in odd) assertFailsWith<ContractProblem> { checked(answer, Golden.contract) }
    }
}
