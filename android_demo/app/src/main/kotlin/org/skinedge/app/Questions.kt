package org.skinedge.app

import android.app.Activity
import android.text.InputType
import android.widget.ArrayAdapter
import android.widget.EditText
import android.widget.Spinner
import org.skinedge.core.AnswerProblem
import org.skinedge.core.ClinicalField
import org.skinedge.core.Contract
import org.skinedge.core.Kind

/** The questionnaire that a contract asks for. Each question starts at "don't know": a wrong answer is worse than none. */
class Questions(page: Page, private val activity: Activity, private val contract: Contract, given: Map<String, String?>) {
    private val words = Words(activity)
    private val inputs: Map<ClinicalField, () -> String?>
    private val numbers = mutableMapOf<String, EditText>()

    init {
        inputs = contract.fields.associateWith { field ->
            if (field.kind == Kind.NUMBER) number(page, field, given[field.name]) else choice(page, field, given[field.name])
        }
    }

    /** Answers by question, null for "don't know"; null where a number does not fit, which is marked then. */
    fun answers(): Map<String, String?>? {
        val answers = inputs.entries.associate { (field, read) -> field.name to read() }
        return try {
            contract.encode(answers)
            answers
        } catch (problem: AnswerProblem) {
            numbers[problem.question]?.apply {
                error = activity.getString(R.string.number_misfit)
                requestFocus()
            }
            null
        }
    }

    private fun number(page: Page, field: ClinicalField, given: String?): () -> String? {
        val range = activity.getString(R.string.number_range, plain(field.minimum), plain(field.maximum))
        val input = page.input(words.question(field), range)
        input.inputType = InputType.TYPE_CLASS_NUMBER or InputType.TYPE_NUMBER_FLAG_DECIMAL
        input.setText(given.orEmpty())
        numbers[field.name] = input
        return { input.text.toString().ifBlank { null } }
    }

    private fun choice(page: Page, field: ClinicalField, given: String?): () -> String? {
        val values = listOf(null) + if (field.kind == Kind.YES_NO) listOf("yes", "no") else field.choices
        page.text(words.question(field))
        val input = page.add(Spinner(activity))
        val shown = values.map { words.answer(it ?: "unknown") }
        input.adapter = ArrayAdapter(activity, android.R.layout.simple_spinner_dropdown_item, shown)
        input.setSelection(values.indexOf(given))
        input.contentDescription = words.question(field)
        input.minimumHeight = activity.dp(56)
        return { values[input.selectedItemPosition] }
    }

    private fun plain(value: Double?) = value.toString().removeSuffix(".0")
}
