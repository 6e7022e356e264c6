package org.skinedge.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import org.bouncycastle.math.ec.rfc8032.Ed25519

private const val RAW_BYTES = 32

/** Who signed: 32 bytes that everybody may know, as 64 small hexadecimal digits. */
data class PublicKey(val hex: String) {
    init {
        require(Regex("[0-9a-f]{64}").matches(hex)) { "an Ed25519 key has 64 hexadecimal digits" }
    }

    /** What people compare: the first 16 hexadecimal digits of the SHA-256 of the key. */
    val keyId: String get() = sha256(unhex(hex)).take(16)

    /** Whether the owner of this key signed these very bytes. */
    fun verifies(signature: ByteArray, message: ByteArray): Boolean {
        if (signature.size != Ed25519.SIGNATURE_SIZE) return false
        return Ed25519.verify(signature, 0, unhex(hex), 0, message, 0, message.size)
    }

    companion object {
        /** DER of a public Ed25519 key up to the key itself (RFC 8410). */
        private const val PREFIX = "302a300506032b6570032100"

        /** Reads the .pub file that `skinedge keys new` wrote. Throws [TamperProblem] where it is none. */
        fun fromPem(text: String): PublicKey {
            val lines = text.trim().lines()
            val der = runCatching {
                java.util.Base64.getDecoder().decode(lines.drop(1).dropLast(1).joinToString(""))
            }.getOrNull()
            val whole = der?.takeIf { lines.first() == "-----BEGIN PUBLIC KEY-----" }?.let(::hex).orEmpty()
            if (!whole.startsWith(PREFIX) || whole.length != PREFIX.length + 2 * RAW_BYTES) {
                throw TamperProblem("this is no Ed25519 public key: give the .pub file that skinedge keys new wrote")
            }
            return PublicKey(whole.removePrefix(PREFIX))
        }
    }
}

/** What `manifest.sig` holds; all in small hexadecimal digits. */
@Serializable
private data class Signature(
    @SerialName("schema_version") val schemaVersion: Int,
    val algorithm: String,
    @SerialName("key_id") val keyId: String,
    @SerialName("public_key") val publicKey: String,
    val signature: String,
) {
    init {
        require(schemaVersion == 1 && algorithm == "ed25519") { "unknown kind of signature" }
        require(Regex("[0-9a-f]{16}").matches(keyId) && Regex("[0-9a-f]{128}").matches(signature)) { "damaged" }
    }

    /** The one way to write it, see `skinedge/runtime/signature.py`: any other is refused. */
    fun toText() = """
        {
          "schema_version": 1,
          "algorithm": "ed25519",
          "key_id": "$keyId",
          "public_key": "$publicKey",
          "signature": "$signature"
        }

    """.trimIndent()
}

/** Whose signature, in the bytes of `manifest.sig`, is that of the manifest. Throws [TamperProblem] where it is not. */
internal fun signer(data: ByteArray, manifest: ByteArray): PublicKey {
    val signature = try {
        parse("manifest.sig", data, Signature.serializer())
    } catch (_: ContractProblem) {
        throw TamperProblem("manifest.sig is damaged: it is no signature")
    }
    val key = runCatching {
        PublicKey(signature.publicKey)
    }.getOrElse { throw TamperProblem("manifest.sig is damaged: no key") }
    if (signature.toText() != data.decodeToString() || signature.keyId != key.keyId) {
        throw TamperProblem("manifest.sig was altered: skinedge wrote it otherwise")
    }
    if (!key.verifies(unhex(signature.signature), manifest)) {
        throw TamperProblem("the bundle was altered after it was signed by ${key.keyId}")
    }
    return key
}

internal fun unhex(digits: String) = digits.chunked(2).map { it.toInt(16).toByte() }.toByteArray()
