package org.skinedge.core

import java.security.GeneralSecurityException
import java.security.SecureRandom
import javax.crypto.Cipher
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

private const val NONCE_BYTES = 12
private const val TAG_BITS = 128

/** Seals bytes with AES-GCM: nonce, ciphertext, tag. On a phone the key is one that the Android Keystore has wrapped. */
class Vault(private val key: SecretKey, private val random: SecureRandom = SecureRandom()) {
    /** Encrypts `data`. It opens under the same `name` only, so that no two files can be swapped. */
    fun seal(name: String, data: ByteArray): ByteArray {
        val nonce = ByteArray(NONCE_BYTES).also(random::nextBytes)
        return nonce + cipher(Cipher.ENCRYPT_MODE, name, nonce).doFinal(data)
    }

    /** Decrypts what [seal] gave. Throws [RecordProblem] where it was changed, or sealed by another key or under another name. */
    fun open(name: String, sealed: ByteArray): ByteArray = try {
        val nonce = sealed.copyOf(NONCE_BYTES)
        cipher(Cipher.DECRYPT_MODE, name, nonce).doFinal(sealed, NONCE_BYTES, maxOf(0, sealed.size - NONCE_BYTES))
    } catch (_: GeneralSecurityException) {
        throw RecordProblem("$name was changed, or belongs to another phone")
    } catch (_: IllegalArgumentException) {
        throw RecordProblem("$name is cut short")
    }

    private fun cipher(mode: Int, name: String, nonce: ByteArray) = Cipher.getInstance("AES/GCM/NoPadding").apply {
        init(mode, key, GCMParameterSpec(TAG_BITS, nonce))
        updateAAD(name.toByteArray())
    }
}
