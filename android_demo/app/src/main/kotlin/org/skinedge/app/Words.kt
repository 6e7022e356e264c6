package org.skinedge.app

import android.annotation.SuppressLint
import android.content.Context
import java.util.Locale
import org.skinedge.core.Advice
import org.skinedge.core.ClinicalField
import org.skinedge.core.Decision
import org.skinedge.core.ScreeningResult

/** Words by code, in the phone's language; see `android_demo/ci/strings.py`. */
class Words(private val context: Context) {
    fun decision(decision: Decision) = word("decision_${slug(decision)}")

    fun whatToDo(decision: Decision) = word("what_${slug(decision)}")

    fun reason(result: ScreeningResult): String {
        val score = result.malignancyScore ?: return word("reason_${result.reason.code}")
        val (ours, limit) = distinct(score, result.referThreshold)
        return word("reason_${result.reason.code}").format(Locale.getDefault(), ours, limit)
    }

    /** Where a person decided otherwise. */
    fun changed(said: Decision, reason: String) = context.getString(R.string.changed, decision(said), reason)

    fun advice(advice: Advice) = word("advice_${advice.code}")

    fun question(field: ClinicalField) = word("question_${field.name}", field.question)

    fun shortName(question: String) = word("short_$question", question)

    fun answer(answer: String) = word("answer_$answer", answer)

    /** Which questions the model filled in by itself. */
    fun imputed(names: List<String>): String {
        val listed = names.joinToString { shortName(it) }
        return when (names.size) {
            0 -> word("all_answered")
            1 -> word("imputed_one").format(Locale.getDefault(), listed)
            else -> word("imputed_many").format(Locale.getDefault(), listed, names.size)
        }
    }

    // The contract names the questions, so that their words are looked up by name.
    @SuppressLint("DiscouragedApi")
    private fun word(name: String, instead: String = name): String {
        val id = context.resources.getIdentifier(name, "string", context.packageName)
        return if (id == 0) instead else context.getString(id)
    }

    private fun slug(decision: Decision) = decision.code.replace(' ', '_')

    /** Two figures, with as many decimals as it takes to tell them apart. */
    private fun distinct(score: Double, threshold: Double): Pair<String, String> {
        for (decimals in 2..6) {
            val figures = listOf(score, threshold).map { "%.${decimals}f".format(Locale.getDefault(), it) }
            if (figures[0] != figures[1] || score == threshold) return figures[0] to figures[1]
        }
        return "$score" to "$threshold"
    }
}
