package org.skinedge.screens

import android.app.Activity
import android.widget.EditText
import android.widget.RadioButton
import android.widget.TextView
import java.time.LocalDate
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.skinedge.app.R
import org.skinedge.app.Station
import org.skinedge.app.dayText
import org.skinedge.core.Decision
import org.skinedge.core.Step

/** What a person adds to a visit is kept when every field is filled in, and not before. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = "en-w360dp-h640dp-mdpi")
class ScreenFollowUpTest {
    private fun said(activity: Activity) = below(column(activity)).filterIsInstance<TextView>().map { "${it.text}" }.toList()

    private fun fill(activity: Activity, vararg texts: String) {
        val inputs = below(column(activity)).filterIsInstance<EditText>().toList()
        inputs.zip(texts).forEach { (input, text) -> input.setText(text) }
        assertEquals(inputs.size, texts.size)
    }

    private fun choose(activity: Activity, text: String) =
        below(column(activity)).filterIsInstance<RadioButton>().single { it.text == text }.performClick()

    private fun Activity.only() = Station.of(this).records.all().single()

    @Test
    fun aDecisionOnAKeptVisit() {
        val activity = Scene.OVERRIDE.open()
        fill(activity, "I know the spot", "Ana")
        press(activity, R.string.decide_save)
        assertEquals(emptyList(), activity.only().overrides)
        choose(activity, "Watch")
        fill(activity, "  ", "Ana")
        press(activity, R.string.decide_save)
        assertEquals(emptyList(), activity.only().overrides)
        fill(activity, "I know the spot", "Ana")
        press(activity, R.string.decide_save)
        assertEquals(Decision.WATCH, activity.only().decision)
        assertEquals(Decision.REFER, activity.only().visit.result.decision)
        assertEquals("Watch", said(activity).first())
        assertTrue("The program said: Refer" in said(activity))
    }

    @Test
    fun aDecisionBeforeTheVisitIsSavedKeepsBothAndIsReturned() {
        val activity = Scene.WATCH.open()
        press(activity, R.string.decide)
        press(activity, R.string.back)
        assertEquals(Step.RESULT, Station.of(activity).visit.draft?.step)
        press(activity, R.string.decide)
        choose(activity, "Refer")
        fill(activity, "It grew", "Ana")
        press(activity, R.string.decide_save)
        assertEquals(Decision.REFER, activity.only().decision)
        assertEquals(null, Station.of(activity).visit.draft)
        assertEquals("refer", shadowOf(activity).resultIntent.getStringExtra("decision"))
        assertTrue(activity.isFinishing)
    }

    @Test
    fun anOutcome() {
        val activity = Scene.OUTCOME.open()
        assertTrue(dayText(LocalDate.of(2026, 2, 20)) in said(activity))
        fill(activity, "nevus", "Ana")
        press(activity, R.string.save)
        assertEquals(emptyList(), activity.only().outcomes)
        choose(activity, "not clear")
        press(activity, R.string.save)
        assertEquals(listOf(Triple("nevus", null, "2026-02-20")), activity.only().outcomes.map { Triple(it.label, it.malignant, it.on) })
        assertTrue("What was found later: nevus" in said(activity))
    }

    @Test
    fun aDeletion() {
        val activity = Scene.DELETION.open()
        press(activity, R.string.delete_now)
        assertEquals(1, Station.of(activity).records.all().size)
        fill(activity, "the patient wished it", "Ana")
        press(activity, R.string.delete_now)
        assertEquals(0, Station.of(activity).records.all().size)
        assertTrue(activity.isFinishing)
        assertEquals(emptyList(), Station.of(activity).records.problems())
    }
}
