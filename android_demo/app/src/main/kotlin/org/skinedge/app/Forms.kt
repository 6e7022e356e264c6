package org.skinedge.app

import android.app.Activity
import android.app.DatePickerDialog
import android.widget.EditText
import android.widget.RadioButton
import android.widget.RadioGroup
import android.widget.Toast
import java.time.Instant
import java.time.LocalDate
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle
import org.skinedge.core.Decision
import org.skinedge.core.Deletion
import org.skinedge.core.Outcome
import org.skinedge.core.Override
import org.skinedge.core.momentText

/** What a person adds to a visit, a page each. Nothing is saved before every field is filled in; `back` leaves the page. */
class Forms(private val activity: Activity, private val back: () -> Unit) {
    private val words = Words(activity)

    fun override(said: Decision, save: (Override) -> Unit) {
        val page = Page(activity, word(R.string.decide))
        page.text("${word(R.string.program_said)} ${words.decision(said)}")
        page.hint(word(R.string.decide_counts))
        val chosen = choice(page, word(R.string.decide_what), Decision.entries.map { it to words.decision(it) })
        val reason = page.input(word(R.string.why))
        val by = page.input(word(R.string.decide_who))
        page.button(word(R.string.decide_save)) {
            filled(chosen(), reason, by)?.let { (decision, texts) -> save(Override(decision, texts[0], texts[1], now())) }
        }
        page.button(word(R.string.back), back)
    }

    fun outcome(save: (Outcome) -> Unit) {
        val page = Page(activity, word(R.string.outcome))
        page.hint(word(R.string.outcome_such_as))
        val label = page.input(word(R.string.outcome_what))
        val answers = listOf(Malignant.YES to "yes", Malignant.NO to "no", Malignant.UNCLEAR to "unclear")
        val shownAnswers = answers.map { (it, name) -> it to words.answer(name) }
        val malignant = choice(page, word(R.string.outcome_malignant), shownAnswers)
        var day = LocalDate.now()
        page.text(word(R.string.outcome_day))
        lateinit var show: () -> Unit
        val shown = page.button("") {
            pick(day) {
                day = it
                show()
            }
        }
        show = { shown.text = dayText(day) }
        show()
        val by = page.input(word(R.string.outcome_who))
        page.button(word(R.string.save)) {
            filled(malignant(), label, by)?.let { (found, texts) ->
                save(Outcome(texts[0], found.said, "$day", texts[1], now()))
            }
        }
        page.button(word(R.string.back), back)
    }

    fun deletion(patient: String, save: (Deletion) -> Unit) {
        val page = Page(activity, word(R.string.delete))
        page.text("${word(R.string.patient)}: $patient")
        page.text(word(R.string.delete_what))
        val reason = page.input(word(R.string.why), word(R.string.delete_log))
        val by = page.input(word(R.string.delete_who))
        page.button(word(R.string.delete_now)) {
            filled(Unit, reason, by)?.let { (_, texts) -> save(Deletion(texts[0], texts[1])) }
        }
        page.button(word(R.string.back), back)
    }

    private enum class Malignant(val said: Boolean?) { YES(true), NO(false), UNCLEAR(null) }

    /** None is chosen at first. Returns what reads the choice. */
    private fun <T> choice(page: Page, name: String, values: List<Pair<T, String>>): () -> T? {
        page.text(name)
        val group = page.add(RadioGroup(activity))
        group.contentDescription = name
        values.forEachIndexed { at, (_, text) ->
            group.addView(
                RadioButton(activity).apply {
                    id = at + 1
                    this.text = text
                    textSize = 18f
                    minimumHeight = activity.dp(56)
                },
                RadioGroup.LayoutParams.MATCH_PARENT,
                RadioGroup.LayoutParams.WRAP_CONTENT,
            )
        }
        return { values.getOrNull(group.checkedRadioButtonId - 1)?.first }
    }

    /** The choice and the texts; null where one is missing, which is said then. */
    private fun <T : Any> filled(chosen: T?, vararg inputs: EditText): Pair<T, List<String>>? {
        val texts = inputs.map { it.text.toString().trim() }
        if (chosen != null && texts.all(String::isNotEmpty)) return chosen to texts
        inputs.filter { it.text.isBlank() }.forEach { it.error = word(R.string.fill_in) }
        Toast.makeText(activity, word(R.string.fill_in), Toast.LENGTH_LONG).show()
        return null
    }

    private fun pick(day: LocalDate, take: (LocalDate) -> Unit) {
        val dialog = DatePickerDialog(
            activity,
            { _, year, month, dayOfMonth -> take(LocalDate.of(year, month + 1, dayOfMonth)) },
            day.year,
            day.monthValue - 1,
            day.dayOfMonth,
        )
        // What was found was not found tomorrow.
        dialog.datePicker.maxDate = System.currentTimeMillis()
        dialog.show()
    }

    private fun now() = momentText(Instant.now())

    private fun word(id: Int) = activity.getString(id)
}

/** A day, `2026-01-31` or the like, as the phone writes days. */
fun dayText(day: LocalDate): String = DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM).format(day)
