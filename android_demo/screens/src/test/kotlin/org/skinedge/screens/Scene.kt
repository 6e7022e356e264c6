package org.skinedge.screens

import android.app.Activity
import android.app.DatePickerDialog
import android.content.DialogInterface
import android.content.Intent
import android.graphics.Bitmap
import android.os.Looper
import android.widget.Button
import java.io.ByteArrayOutputStream
import java.time.LocalDate
import java.util.Calendar
import org.pytorch.executorch.Module
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowDialog
import org.skinedge.app.FileLender
import org.skinedge.app.MainActivity
import org.skinedge.app.R
import org.skinedge.app.RecordActivity
import org.skinedge.app.Station
import org.skinedge.app.VisitActivity
import org.skinedge.app.dayText
import org.skinedge.app.drawnPhoto
import org.skinedge.core.Decision
import org.skinedge.core.Outcome
import org.skinedge.core.Override
import org.skinedge.core.Reason
import org.skinedge.core.Visit

private val lesion: ByteArray by lazy { drawnPhoto() }
private val black: ByteArray by lazy {
    val stream = ByteArrayOutputStream()
    Bitmap.createBitmap(600, 600, Bitmap.Config.ARGB_8888).compress(Bitmap.CompressFormat.JPEG, 90, stream)
    stream.toByteArray()
}

/** A screen of the app, with what lies on the phone when it is opened. Whether advice is on it: [advises]. */
enum class Scene(
    val advises: Boolean,
    private val opened: (Station) -> Pair<Class<out Activity>, String?>,
    private val pressed: Int? = null,
    private val then: (Activity) -> Unit = {},
) {
    VISITS_NONE(false, { MainActivity::class.java to null }),
    VISITS(false, { station ->
        keep(station, 0.9f, "7K3Q9D2MXA")
        keep(station, 0.001f, "4T0WBN8ZRC")
        station.visit.start("P-Q4W2ZB")
        MainActivity::class.java to null
    }),
    CONSENT(false, { VisitActivity::class.java to null }),
    PHOTO(false, { station ->
        station.visit.start("P-7K3Q9D")
        station.visit.agree(keepPhoto = true)
        VisitActivity::class.java to null
    }),
    QUESTIONS(false, { station ->
        underWay(station)
        station.visit.answer("age_years", "63")
        station.visit.answer("region", "face")
        VisitActivity::class.java to null
    }),
    REFER(true, { result(it, 0.9f) }),
    WATCH(true, { result(it, 0.001f) }),
    PHOTOGRAPH_AGAIN(true, { result(it, 0.9f, black) }),
    CANNOT_ASSESS(true, { station ->
        keep(station, 0.1f, "9M2C6F1HEV") { visit ->
            val result = visit.result
            visit.copy(result = result.copy(decision = Decision.CANNOT_ASSESS, reason = Reason.SCORE_NEAR_THRESHOLD))
        }
        RecordActivity::class.java to "9M2C6F1HEV"
    }),
    RECORD(true, { station ->
        keep(station, 0.9f, "7K3Q9D2MXA")
        RecordActivity::class.java to "7K3Q9D2MXA"
    }),
    FOLLOWED_UP(true, { station ->
        keep(station, 0.001f, "7K3Q9D2MXA")
        station.records.add("7K3Q9D2MXA", Override(Decision.REFER, "It grew since May", "Dr Ana", "2026-02-01T09:30:00.000Z"))
        station.records.add("7K3Q9D2MXA", Outcome("basalioma", true, "2026-02-20", "Dr Ana", "2026-02-21T10:00:00.000Z"))
        RecordActivity::class.java to "7K3Q9D2MXA"
    }),
    OVERRIDE(false, { RECORD.opened(it) }, R.string.decide),
    OUTCOME(false, { RECORD.opened(it) }, R.string.outcome, ::pickDay),
    DELETION(false, { RECORD.opened(it) }, R.string.delete),
    PROBLEM(false, { station ->
        station.visit.start("P-7K3Q9D")
        station.visit.agree(keepPhoto = true)
        FileLender.lent(RuntimeEnvironment.getApplication(), FileLender.PHOTO).writeText("no photo")
        VisitActivity::class.java to null
    }),
    ;

    /** Opens the screen on a phone that has nothing but what the scene lays on it. */
    fun open(): Activity {
        FakeKeystore.install()
        forget()
        val context = RuntimeEnvironment.getApplication()
        for (folder in listOf(context.filesDir, context.cacheDir, context.noBackupFilesDir)) {
            folder.listFiles().orEmpty().forEach { it.deleteRecursively() }
        }
        val (activity, visitId) = opened(Station.of(context))
        val intent = Intent(context, activity).putExtra(RecordActivity.VISIT, visitId)
        val shown = Robolectric.buildActivity(activity, intent).setup().get()
        settle()
        pressed?.let { press(shown, it) }
        then(shown)
        return shown
    }
}

/** Picks 20 February 2026 in the dialog of the one button that shows a day: today's at first. */
private fun pickDay(activity: Activity) {
    val today = dayText(LocalDate.now())
    below(column(activity)).filterIsInstance<Button>().single { it.text == today }.performClick()
    val dialog = ShadowDialog.getLatestDialog() as DatePickerDialog
    dialog.updateDate(2026, Calendar.FEBRUARY, 20)
    dialog.getButton(DialogInterface.BUTTON_POSITIVE).performClick()
    settle()
}

/** Waits for the worker, and for what it has to show. */
private fun settle() {
    shadowOf(Looper.getMainLooper()).idle()
    Station.worker.submit {}.get()
    shadowOf(Looper.getMainLooper()).idle()
}

/** Presses the button of this text, and waits for what comes of it. */
fun press(activity: Activity, text: Int) {
    below(column(activity)).filterIsInstance<Button>().single { it.text == activity.getString(text) }.performClick()
    settle()
}

/** Each test is a phone of its own, but classes with what they hold outlive it. */
private fun forget() = Station::class.java.getDeclaredField("station").apply { isAccessible = true }.set(null, null)

private fun underWay(station: Station, photo: ByteArray = lesion) {
    station.visit.start("P-7K3Q9D")
    station.visit.agree(keepPhoto = true)
    station.visit.photograph(photo)
}

private fun result(station: Station, score: Float, photo: ByteArray = lesion): Pair<Class<out Activity>, String?> {
    screen(station, score, photo)
    return VisitActivity::class.java to null
}

private fun screen(station: Station, score: Float, photo: ByteArray = lesion) {
    val contract = station.contract
    val harmful = contract.malignantLabels.size
    Module.answer = FloatArray(contract.labels.size) {
        if (contract.labels[it] in contract.malignantLabels) score / harmful else (1 - score) / (contract.labels.size - harmful)
    }
    underWay(station, photo)
    station.visit.answer("age_years", "63")
    station.visit.answer("itch", "yes")
    station.visit.screen()
}

/** Keeps a visit whose id and moment are always the same, so that the pictures are. */
private fun keep(station: Station, score: Float, visitId: String, change: (Visit) -> Visit = { it }) {
    screen(station, score)
    val draft = station.visit.draft!!
    val visit = Visit(
        schemaVersion = 1,
        visitId = visitId,
        patient = draft.patient,
        createdAt = "2026-01-31T08:05:00.000Z",
        language = "en",
        consent = draft.consent!!,
        answers = draft.answers,
        result = draft.result!!,
        site = "",
        screenedBy = "",
    )
    station.records.add(change(visit), null)
    station.visit.discard()
}
