package org.skinedge.core

import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.double
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

class PhotoTest {
    private val screener = Screener(Golden.contract, "0".repeat(64), FakeEngine(), javaDecoder)

    @Test
    fun squaresAreThoseOfPythonToTheBit() {
        for (case in Golden.cases("squares").map { it.jsonObject }) {
            val name = case.getValue("photo").jsonPrimitive.content
            val square = Golden.picture(name).square(case.getValue("side_px").jsonPrimitive.int)
            val expected = Golden.picture(case.getValue("square").jsonPrimitive.content)
            assertContentEquals(expected.rgb.withoutAlpha(), square.rgb.withoutAlpha(), name)
        }
    }

    @Test
    fun checksAreThoseOfPython() {
        val limits = Golden.value("limits").jsonObject.mapValues { it.value.jsonPrimitive.double }
        val here = mapOf(
            "BLACK_BELOW" to Limits.BLACK_BELOW,
            "WHITE_ABOVE" to Limits.WHITE_ABOVE,
            "UNIFORM_BELOW" to Limits.UNIFORM_BELOW,
            "BLURRED_BELOW" to Limits.BLURRED_BELOW,
            "SOFT_BELOW" to Limits.SOFT_BELOW,
            "SOFT_FLAT_ABOVE" to Limits.SOFT_FLAT_ABOVE,
            "DIM_BELOW" to Limits.DIM_BELOW,
            "FALLOFF_BELOW" to Limits.FALLOFF_BELOW,
            "SHAKEN_ABOVE" to Limits.SHAKEN_ABOVE,
            "COMPRESSED_ABOVE" to Limits.COMPRESSED_ABOVE,
            "PALE_ABOVE" to Limits.PALE_ABOVE,
            "FLAT_RANGE" to Limits.FLAT_RANGE,
            "ORDERED_ABOVE" to Limits.ORDERED_ABOVE,
            "WOVEN_ABOVE" to Limits.WOVEN_ABOVE,
            "EVEN_BELOW" to Limits.EVEN_BELOW,
            "SOFT_SHARE" to Limits.SOFT_SHARE,
            "DARK_BELOW" to Limits.DARK_BELOW,
            "GLARE_LEVEL" to Limits.GLARE_LEVEL,
            "GLARE_SHARE" to Limits.GLARE_SHARE,
            "NO_SKIN_BELOW" to Limits.NO_SKIN_BELOW,
            "MOST_RED_TO_GREEN" to Limits.MOST_RED_TO_GREEN,
            "TINY_BELOW" to Limits.TINY_BELOW,
        )
        assertEquals(limits, here)
        for (case in Golden.cases("checks").map { it.jsonObject }) {
            val name = case.getValue("photo").jsonPrimitive.content
            val found = checkPhoto(Golden.picture(name))
            assertEquals(case.getValue("unusable").jsonPrimitive.contentOrNull, found.unusable?.code, name)
            assertEquals(case.getValue("soft").jsonPrimitive.boolean, found.soft, name)
            assertEquals(
                case.getValue("advice").jsonArray.map {
                    it.jsonPrimitive.content
                },
                found.advice.map { it.code },
                name,
            )
        }
    }

    @Test
    fun aPhotoTakenInAnyPositionIsReadUpright() {
        for (orientation in 1..8) {
            val photo = Golden.bytes("turned-$orientation.jpg")
            assertEquals(orientation, orientation(photo))
            val pixels = javaDecoder.decode(photo, 448)!!.pixels.upright(orientation(photo))
            assertEquals(160 to 96, pixels.width to pixels.height)
            val corners = listOf(20 to 20, 140 to 20, 20 to 76).map { (x, y) -> pixels.rgb[y * 160 + x] }
            assertTrue(corners[0].isMostly(16) && corners[1].isMostly(8) && corners[2].isMostly(0), "$orientation")
        }
    }

    @Test
    fun damagedExifLeavesThePhotoAsItIs() {
        val photo = Golden.bytes("turned-6.jpg")
        for (at in 2..40) orientation(photo.copyOf(at))
        for (at in 2..60) assertTrue(orientation(photo.copyOf().also { it[at] = 0xff.toByte() }) in 1..8)
        assertEquals(1, orientation(Golden.bytes("33x33.png")))
        assertEquals(1, orientation(ByteArray(0)))
    }

    @Test
    fun aPhotoThatCannotBeReadIsRefused() {
        assertFailsWith<PhotoProblem> { screener.load("no photo".toByteArray()) }
        assertFailsWith<PhotoProblem> { screener.load(Golden.bytes("33x33.png")) }
        val small = Golden.contract.copy(image = ImageSpec(maximumPixels = 1000))
        assertFailsWith<PhotoProblem> { Screener(small, "", FakeEngine(), javaDecoder).load(Golden.bytes("300x201.png")) }
    }

    @Test
    fun theProgramGetsWhatTheContractSays() {
        val engine = FakeEngine()
        val result = Screener(
            Golden.contract,
            "0".repeat(64),
            engine,
            javaDecoder,
        ).screen(Golden.bytes("300x201.png"), mapOf("itch" to "yes"))
        val square = Golden.picture("300x201.png").square(448)
        val plane = 448 * 448
        assertEquals(3 * plane, engine.photo!!.size)
        for (at in listOf(0, 447, 448 * 200 + 31, plane - 1)) {
            val rgb = List(3) { engine.photo!![it * plane + at].toInt() }
            assertEquals(square.rgb[at] and 0xffffff, rgb[0] shl 16 or (rgb[1] shl 8) or rgb[2])
        }
        assertContentEquals(Golden.contract.encode(mapOf("itch" to "yes")), engine.answers)
        assertEquals(Decision.REFER, result.decision)
        assertEquals(0.3, result.malignancyScore!!, 1e-6)
        assertEquals(Golden.contract.fields.map { it.name } - "itch", result.imputed)
    }

    @Test
    fun aBlackPhotoIsToBeTakenAgainAndTheProgramIsNotAsked() {
        val engine = FakeEngine()
        val black = Decoder { _, _ -> Decoded(200, 200, Pixels(200, 200, IntArray(40_000))) }
        val result = Screener(Golden.contract, "", engine, black).screen(ByteArray(0), emptyMap())
        assertEquals(Decision.PHOTOGRAPH_AGAIN to Reason.ALMOST_BLACK, result.decision to result.reason)
        assertEquals(null, result.malignancyScore ?: engine.photo)
    }

    @Test
    fun aDecoderShrinksNoMoreThanTheResizeCanSpare() {
        val expected =
            listOf(
                Triple(4000, 3000, 2),
                Triple(3000, 8000, 2),
                Triple(1791, 1791, 1),
                Triple(1792, 1792, 2),
                Triple(100, 100, 1),
                Triple(7168, 9000, 8),
            )
        for ((width, height, size) in expected) assertEquals(size, sampleSize(width, height, 448), "$width x $height")
    }

    private fun IntArray.withoutAlpha() = IntArray(size) { this[it] and 0xffffff }

    private fun Int.isMostly(shift: Int) = listOf(16, 8, 0).all { (this shr it and 0xff > 150) == (it == shift) }
}
