package org.skinedge.core

import java.io.ByteArrayInputStream
import java.io.File
import javax.crypto.spec.SecretKeySpec
import javax.imageio.ImageIO
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject

/** What Python made, see `android_demo/ci/golden.py`. Tests run in the folder of core. */
object Golden {
    val folder = File("src/test/resources/golden")
    private val cases = Json.parseToJsonElement(File(folder, "cases.json").readText()).jsonObject

    fun cases(name: String): JsonArray = cases.getValue(name).jsonArray

    fun value(name: String): JsonElement = cases.getValue(name)

    fun picture(name: String): Pixels = pixels(File(folder, name).readBytes())!!

    fun bytes(name: String): ByteArray = File(folder, name).readBytes()

    /** The contract and bundle that come with the Python package. */
    val defaultBundle = File("../../skinedge/assets/default")
    val contract: Contract = Contract.parse(File(defaultBundle, "contract.json").readBytes())
}

/** Java's own decoder, which shrinks nothing. */
val javaDecoder = Decoder { photo, _ -> pixels(photo)?.let { Decoded(it.width, it.height, it) } }

private fun pixels(photo: ByteArray): Pixels? {
    val image = ImageIO.read(ByteArrayInputStream(photo)) ?: return null
    return Pixels(image.width, image.height, image.getRGB(0, 0, image.width, image.height, null, 0, image.width))
}

/** A program that always gives the same answer, and remembers what it was asked. */
class FakeEngine(private val answer: FloatArray = floatArrayOf(0.1f, 0.1f, 0.1f, 0.5f, 0.1f, 0.1f)) : Engine {
    var photo: FloatArray? = null
    var answers: FloatArray? = null

    override fun run(photo: FloatArray, answers: FloatArray): FloatArray {
        this.photo = photo
        this.answers = answers
        return answer
    }

    override fun close() = Unit
}

/** A disk that has room for `rooms` more writes and is full then. */
class FullDisk(var rooms: Int) : Disk() {
    override fun write(stream: java.io.FileOutputStream, data: ByteArray) {
        if (rooms == 0) {
            stream.write(data, 0, data.size / 2)
            throw java.io.IOException("No space left on device")
        }
        rooms--
        super.write(stream, data)
    }
}

val testKey = SecretKeySpec(ByteArray(32) { it.toByte() }, "AES")
