package org.skinedge.screens

import java.io.InputStream
import java.io.OutputStream
import java.security.Key
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.SecureRandom
import java.security.Security
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.util.Collections
import java.util.Date
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import javax.crypto.spec.SecretKeySpec

/** A JVM has no Android Keystore: one key for the whole run takes its place. */
object FakeKeystore : Provider("AndroidKeyStore", "1.0", "for pictures of the app's screens") {
    private fun readResolve(): Any = FakeKeystore

    init {
        put("KeyStore.AndroidKeyStore", Store::class.java.name)
        put("KeyGenerator.AES", Generator::class.java.name)
    }

    fun install() {
        if (Security.getProvider(name) == null) Security.addProvider(this)
    }

    private val key = SecretKeySpec(ByteArray(32) { 7 }, "AES")

    class Generator : KeyGeneratorSpi() {
        override fun engineInit(random: SecureRandom?) = Unit

        override fun engineInit(spec: AlgorithmParameterSpec?, random: SecureRandom?) = Unit

        override fun engineInit(size: Int, random: SecureRandom?) = Unit

        override fun engineGenerateKey(): SecretKey = key
    }

    class Store : KeyStoreSpi() {
        override fun engineLoad(stream: InputStream?, password: CharArray?) = Unit

        override fun engineGetKey(alias: String?, password: CharArray?): Key = key

        override fun engineStore(stream: OutputStream?, password: CharArray?) = Unit

        override fun engineGetCertificateChain(alias: String?): Array<Certificate>? = null

        override fun engineGetCertificate(alias: String?): Certificate? = null

        override fun engineGetCreationDate(alias: String?): Date? = null

        override fun engineSetKeyEntry(alias: String?, key: Key?, password: CharArray?, chain: Array<Certificate>?) = Unit

        override fun engineSetKeyEntry(alias: String?, key: ByteArray?, chain: Array<Certificate>?) = Unit

        override fun engineSetCertificateEntry(alias: String?, certificate: Certificate?) = Unit

        override fun engineDeleteEntry(alias: String?) = Unit

        override fun engineAliases() = Collections.emptyEnumeration<String>()

        override fun engineContainsAlias(alias: String?) = true

        override fun engineSize() = 1

        override fun engineIsKeyEntry(alias: String?) = true

        override fun engineIsCertificateEntry(alias: String?) = false

        override fun engineGetCertificateAlias(certificate: Certificate?): String? = null
    }
}
