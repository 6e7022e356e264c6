package org.skinedge.app

import android.app.Activity
import android.content.Intent
import android.content.IntentFilter
import android.os.BatteryManager
import android.os.Build
import android.os.Bundle
import android.os.PowerManager
import java.io.File
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import org.skinedge.core.MISSING
import org.skinedge.core.Disk
import org.skinedge.core.FolderFiles
import org.skinedge.core.Screener
import org.skinedge.core.checked

/** What one start of the app measured, as `skinedge bench phones` reads it. */
@Serializable
data class PhoneRun(
    val threads: Int,
    @SerialName("load_ms") val loadMs: Double,
    @SerialName("first_ms") val firstMs: Double,
    @SerialName("decode_ms") val decodeMs: List<Double>,
    @SerialName("program_ms") val programMs: List<Double>,
    @SerialName("peak_memory_mib") val peakMemoryMib: Double,
    @SerialName("celsius_before") val celsiusBefore: Double,
    @SerialName("celsius_after") val celsiusAfter: Double,
    /** Android's: 0 none, 1 light, 2 moderate, and worse. */
    @SerialName("thermal_status") val thermalStatus: Int,
)

/**
 * Measures a bundle that adb pushed: `am start -n org.skinedge.app/.BenchmarkActivity --es bundle FOLDER --es out FILE
 * --ei threads N --ei warm_ups N --ei answers N`. Writes a [PhoneRun], or `{"error": "..."}`, to FILE once it is whole.
 */
class BenchmarkActivity : Activity() {
    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        Page(this, getString(R.string.looking))
        val out = File(intent.getStringExtra("out").orEmpty())
        Station.worker.execute {
            val text = try {
                Json.encodeToString(PhoneRun.serializer(), run())
            } catch (error: Throwable) { // Whatever it is: who waits at the other end of the cable must hear of it.
                Json.encodeToString(mapOf("error" to "${error.javaClass.simpleName}: ${error.message}"))
            }
            Disk().replace(out, text.toByteArray())
            runOnUiThread(::finish)
        }
    }

    private fun run(): PhoneRun {
        val threads = intent.getIntExtra("threads", 1)
        val celsiusBefore = celsius()
        val started = System.nanoTime()
        val bundle = org.skinedge.core.Bundle.open(
            FolderFiles(File(intent.getStringExtra("bundle").orEmpty())),
            trusted = null,
        )
        val engine = ExecuTorchEngine(programFile(bundle, cacheDir), bundle.contract, threads)
        val loadMs = since(started)
        val screener = Screener(bundle.contract, bundle.programSha256, engine, BitmapDecoder)
        val answers = FloatArray(bundle.contract.fields.size) { MISSING }
        val photo = drawnPhoto()
        val decodeMs = mutableListOf<Double>()
        val programMs = mutableListOf<Double>()
        repeat(intent.getIntExtra("warm_ups", 10) + intent.getIntExtra("answers", 50)) {
            val decoding = System.nanoTime()
            val input = screener.load(photo).toInput()
            decodeMs += since(decoding)
            val running = System.nanoTime()
            checked(engine.run(input, answers), bundle.contract)
            programMs += since(running)
        }
        engine.close()
        val counted = intent.getIntExtra("answers", 50)
        return PhoneRun(
            threads = threads,
            loadMs = loadMs,
            firstMs = decodeMs.first() + programMs.first(),
            decodeMs = decodeMs.takeLast(counted),
            programMs = programMs.takeLast(counted),
            peakMemoryMib = peakMemoryMib(),
            celsiusBefore = celsiusBefore,
            celsiusAfter = celsius(),
            thermalStatus = if (Build.VERSION.SDK_INT >= 29) thermalStatus() else 0,
        )
    }

    /** The highest resident memory of this process since it started. */
    private fun peakMemoryMib(): Double {
        val line = File("/proc/self/status").readLines().first { it.startsWith("VmHWM:") }
        return line.filter(Char::isDigit).toDouble() / 1024
    }

    private fun celsius(): Double {
        val battery = registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED))
        return (battery?.getIntExtra(BatteryManager.EXTRA_TEMPERATURE, 0) ?: 0) / 10.0
    }

    @android.annotation.TargetApi(29)
    private fun thermalStatus() = getSystemService(PowerManager::class.java)?.currentThermalStatus ?: 0

    private fun since(startedNs: Long) = (System.nanoTime() - startedNs) / 1e6
}
