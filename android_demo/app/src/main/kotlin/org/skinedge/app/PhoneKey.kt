package org.skinedge.app

import android.content.Context
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.io.File
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.security.SecureRandom
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import javax.crypto.spec.SecretKeySpec
import org.skinedge.core.Disk
import org.skinedge.core.RecordProblem

private const val ALIAS = "skinedge"
private const val CIPHER = "AES/GCM/NoPadding"
private const val KEY_BYTES = 32
private const val NONCE_BYTES = 12
private const val TAG_BITS = 128

/**
 * The key of this phone's records: random, and on the disk only wrapped by a key that never leaves the Android Keystore. The
 * Keystore itself would take seconds for a photo.
 */
fun phoneKey(context: Context): SecretKey {
    val file = File(context.filesDir, "key")
    try {
        if (!file.exists()) {
            val cipher = Cipher.getInstance(CIPHER).apply { init(Cipher.ENCRYPT_MODE, wrappingKey()) }
            Disk().replace(file, cipher.iv + cipher.doFinal(ByteArray(KEY_BYTES).also(SecureRandom()::nextBytes)))
        }
        val wrapped = file.readBytes()
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.DECRYPT_MODE, wrappingKey(), GCMParameterSpec(TAG_BITS, wrapped.copyOf(NONCE_BYTES)))
        return SecretKeySpec(cipher.doFinal(wrapped, NONCE_BYTES, wrapped.size - NONCE_BYTES), "AES")
    } catch (error: GeneralSecurityException) {
        throw RecordProblem("this phone has lost the key of its records: ${error.message}")
    }
}

private fun wrappingKey(): SecretKey {
    val store = KeyStore.getInstance("AndroidKeyStore").apply { load(null) }
    (store.getKey(ALIAS, null) as SecretKey?)?.let { return it }
    val generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, "AndroidKeyStore")
    generator.init(
        KeyGenParameterSpec.Builder(ALIAS, KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(256)
            .build(),
    )
    return generator.generateKey()
}
