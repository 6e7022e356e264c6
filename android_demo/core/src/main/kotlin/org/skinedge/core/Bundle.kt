package org.skinedge.core

import java.io.File
import java.io.IOException
import java.io.InputStream
import java.security.MessageDigest
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

private const val MANIFEST = "manifest.json"
private const val SIGNATURE = "manifest.sig"
private const val CONTRACT = "contract.json"
private val NOT_LISTED = setOf(MANIFEST, SIGNATURE)

// An allow-list, as in Python: what escapes a folder differs by system.
private val PLAIN_NAME = Regex("[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
private val SHA256 = Regex("[0-9a-f]{64}")

/** Where the files of a bundle lie: a folder, or the app's assets. Names are paths with "/" inside the bundle. */
interface BundleFiles {
    fun names(): Set<String>

    /** Throws [IOException] where there is no such file. */
    fun open(name: String): InputStream
}

/** A bundle in a folder. */
class FolderFiles(private val folder: File) : BundleFiles {
    override fun names() = folder.walkTopDown().filter {
        it.isFile
    }.map { it.relativeTo(folder).invariantSeparatorsPath }.toSet()

    override fun open(name: String): InputStream = File(folder, name).inputStream()
}

/** What the manifest says of one file. */
@Serializable
data class FileEntry(val sha256: String, @SerialName("size_bytes") val sizeBytes: Long) {
    init {
        require(SHA256.matches(sha256) && sizeBytes >= 0) { "files: a SHA-256 or size is none" }
    }
}

/** What a bundle is and which files it is made of. */
@Serializable
data class Manifest(
    @SerialName("schema_version") val schemaVersion: Int = 1,
    val target: String,
    val precision: String,
    val program: String,
    @SerialName("made_with") val madeWith: Map<String, String>,
    val files: Map<String, FileEntry>,
) {
    init {
        require(schemaVersion == 1) { "schema_version: this app knows 1, got $schemaVersion" }
        require(program in files && CONTRACT in files) { "files: the program or the contract is not listed" }
    }
}

/** A bundle of which every file was found to be the one that its manifest names: the twin of `skinedge/runtime/bundle.py`. */
class Bundle private constructor(
    private val files: BundleFiles,
    val manifest: Manifest,
    /** Whose signature is the manifest's; null where it is unsigned. */
    val signedBy: PublicKey?,
) {
    /** What the model asks and answers. */
    val contract: Contract = Contract.parse(read(CONTRACT))

    val programSha256: String get() = manifest.files.getValue(manifest.program).sha256

    /** Reads a file that the manifest lists, and checks those very bytes. Throws [TamperProblem]. */
    fun read(name: String): ByteArray = checkedBytes(files, manifest, name)

    companion object {
        /**
         * Opens a bundle: every file is read and hashed.
         *
         * @param trusted keys of which one must have signed it; null takes a bundle that nobody signed as well, such as the one
         *     that comes inside the app: whoever can alter that can alter the app.
         *
         * Throws [ContractProblem] where it cannot be understood, [TamperProblem] where it was altered or is not trusted.
         */
        fun open(files: BundleFiles, trusted: Set<PublicKey>?): Bundle {
            val data = bytes(files, MANIFEST)
            val manifest = parse(MANIFEST, data, Manifest.serializer())
            val odd = manifest.files.keys.firstOrNull { !PLAIN_NAME.matches(it) }
            if (odd != null) throw TamperProblem("the file name '${odd.filter { it >= ' ' }}' is not allowed in a bundle")
            val found = files.names() - NOT_LISTED
            for (name in found - manifest.files.keys) {
                throw TamperProblem(
                    "$name is not listed in the manifest: install again",
                )
            }
            for (name in manifest.files.keys.sorted()) checkedBytes(files, manifest, name)
            val signedBy = if (SIGNATURE in files.names()) signer(bytes(files, SIGNATURE), data) else null
            if (trusted != null &&
                signedBy == null
            ) {
                throw TamperProblem("the bundle is unsigned, so that nobody vouches for it")
            }
            if (trusted != null && signedBy !in trusted) {
                throw TamperProblem("the bundle is signed by an unknown key, ${signedBy?.keyId}")
            }
            return Bundle(files, manifest, signedBy)
        }
    }
}

/** SHA-256 as 64 small hexadecimal digits. */
fun sha256(data: ByteArray): String = hex(MessageDigest.getInstance("SHA-256").digest(data))

internal fun hex(data: ByteArray) = data.joinToString("") { "%02x".format(java.util.Locale.ROOT, it) }

private fun bytes(files: BundleFiles, name: String): ByteArray = try {
    files.open(name).use { it.readBytes() }
} catch (_: IOException) {
    throw TamperProblem("$name is missing or cannot be read: install the model again")
}

private fun checkedBytes(files: BundleFiles, manifest: Manifest, name: String): ByteArray {
    val entry = manifest.files.getValue(name)
    val data = bytes(files, name)
    if (data.size.toLong() != entry.sizeBytes) {
        throw TamperProblem("$name has ${data.size} bytes, expected ${entry.sizeBytes}: install the model again")
    }
    if (sha256(data) != entry.sha256) throw TamperProblem("$name was altered: its SHA-256 is not the manifest's")
    return data
}
