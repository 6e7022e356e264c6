package org.skinedge.app

import android.content.Context
import java.io.File
import java.util.concurrent.Executors
import org.skinedge.core.Bundle
import org.skinedge.core.Contract
import org.skinedge.core.Disk
import org.skinedge.core.RecordStore
import org.skinedge.core.Screener
import org.skinedge.core.Vault
import org.skinedge.core.VisitFlow

/** What all screens of the app share: one model, one store, one visit under way. Made anew when the app was killed. */
class Station private constructor(context: Context) {
    private val bundle = Bundle.open(AssetFiles(context.assets), trusted = null)
    private val vault = Vault(phoneKey(context))
    private val screener: Screener by lazy {
        Screener(
            contract,
            bundle.programSha256,
            ExecuTorchEngine(programFile(bundle, context.noBackupFilesDir), contract),
            BitmapDecoder,
        )
    }

    val contract: Contract get() = bundle.contract
    val records = RecordStore(File(context.filesDir, "records"), vault)
    val visit = VisitFlow(File(context.filesDir, "draft"), vault, { screener }, records)

    companion object {
        /** Reading, hashing and running take too long for the screen's own thread; one at a time is enough. */
        val worker = Executors.newSingleThreadExecutor()

        private var station: Station? = null

        /** The station; call it on [worker]. Throws [org.skinedge.core.Problem] where the bundle is not sound. */
        fun of(context: Context): Station = station ?: Station(context.applicationContext).also { station = it }
    }
}

/** Lays the checked program into `folder`, where ExecuTorch can map it; what lies there is always written anew. */
fun programFile(bundle: Bundle, folder: File): File {
    val file = File(folder, bundle.manifest.program)
    Disk().replace(file, bundle.read(bundle.manifest.program))
    return file
}
