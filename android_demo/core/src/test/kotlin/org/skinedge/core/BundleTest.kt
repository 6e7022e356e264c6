package org.skinedge.core

import java.io.File
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals
import kotlin.test.assertNull

class BundleTest {
    private val folder = kotlin.io.path.createTempDirectory("bundle").toFile()
    private val key = PublicKey.fromPem(Golden.bytes("tests.pub").decodeToString())

    init {
        File(Golden.folder, "signed").copyRecursively(folder, overwrite = true)
    }

    @AfterTest
    fun remove() {
        folder.deleteRecursively()
    }

    private fun open(trusted: Set<PublicKey>? = setOf(key)) = Bundle.open(FolderFiles(folder), trusted)

    @Test
    fun aSignedBundleOpens() {
        val bundle = open()
        assertEquals(key, bundle.signedBy)
        assertEquals("edge-mobilenet_v2", bundle.contract.modelName)
        assertEquals(sha256(bundle.read("skinedge.pte")), bundle.programSha256)
    }

    @Test
    fun theBundleOfThePythonPackageOpens() {
        val bundle = Bundle.open(FolderFiles(Golden.defaultBundle), trusted = null)
        assertEquals("onnx", bundle.manifest.target)
        assertEquals(Golden.contract, bundle.contract)
    }

    @Test
    fun everyChangedByteIsFound() {
        for (file in folder.listFiles()!!) {
            val whole = file.readBytes()
            for (at in whole.indices step maxOf(1, whole.size / 40)) {
                file.writeBytes(whole.copyOf().also { it[at] = (it[at].toInt() xor 1).toByte() })
                assertFailsWith<Problem>("${file.name} $at") { open() }
            }
            file.writeBytes(whole)
        }
        open()
    }

    @Test
    fun aMissingShortOrExtraFileIsFound() {
        for (name in listOf("skinedge.pte", "contract.json", "manifest.json", "manifest.sig")) {
            val file = File(folder, name)
            val whole = file.readBytes()
            file.writeBytes(whole.copyOf(whole.size - 1))
            assertFailsWith<Problem>(name) { open() }
            file.delete()
            assertFailsWith<TamperProblem>(name) { open() }
            file.writeBytes(whole)
        }
        File(folder, "extra.txt").writeText("")
        assertFailsWith<TamperProblem> { open() }
    }

    @Test
    fun onlyTrustedKeysCount() {
        assertFailsWith<TamperProblem> { open(trusted = setOf(PublicKey("0".repeat(64)))) }
        assertFailsWith<TamperProblem> { open(trusted = emptySet()) }
        File(folder, "manifest.sig").delete()
        assertFailsWith<TamperProblem> { open() }
        assertNull(open(trusted = null).signedBy)
    }

    @Test
    fun aNameThatLeavesTheFolderIsRefused() {
        val manifest = File(folder, "manifest.json")
        manifest.writeText(manifest.readText().replace("\"contract.json\": {", "\"../contract.json\": {"))
        assertFailsWith<Problem> { open(trusted = null) }
    }

    @Test
    fun aFileThatChangesAfterOpeningIsFound() {
        val bundle = open()
        File(folder, "skinedge.pte").writeText("no program, but bytes to hasH")
        assertFailsWith<TamperProblem> { bundle.read("skinedge.pte") }
    }

    /** RFC 8032, section 7.1, tests 1 to 3. */
    @Test
    fun signaturesAreThoseOfTheStandard() {
        val vectors = listOf(
            Triple(
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            Triple(
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            Triple(
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        )
        for ((public, message, signature) in vectors) {
            val owner = PublicKey(public)
            val data = message.chunked(2).map { it.toInt(16).toByte() }.toByteArray()
            val bytes = signature.chunked(2).map { it.toInt(16).toByte() }.toByteArray()
            assertEquals(true, owner.verifies(bytes, data))
            assertEquals(false, owner.verifies(bytes, data + 0))
            assertEquals(false, key.verifies(bytes, data))
            assertEquals(false, owner.verifies(bytes.copyOf(63), data))
        }
    }

    @Test
    fun aKeyFileIsReadStrictly() {
        val pem = Golden.bytes("tests.pub").decodeToString()
        assertNotEquals(PublicKey("0".repeat(64)), key)
        for (odd in listOf(
            "",
            "key",
            pem.replace("PUBLIC", "PRIVATE"),
            pem.replace("MCow", "MCox"),
            pem.replace("MCow", "!!!!"),
        )) {
            assertFailsWith<TamperProblem> { PublicKey.fromPem(odd) }
        }
    }
}
