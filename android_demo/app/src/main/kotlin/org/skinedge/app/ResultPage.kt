package org.skinedge.app

import android.app.Activity
import android.graphics.Typeface
import org.skinedge.core.Decision
import org.skinedge.core.Override
import org.skinedge.core.ScreeningResult

/** What the program advises, why, what it filled in, and what a person decided otherwise. Never a diagnosis. */
class ResultPage(activity: Activity, result: ScreeningResult, override: Override? = null) {
    private val words = Words(activity)

    /** To put buttons below. */
    val page = Page(activity, words.decision(override?.decision ?: result.decision))

    init {
        val decision = override?.decision ?: result.decision
        page.text(words.whatToDo(decision), sizeSp = 22f, colour = colour(decision)).typeface = Typeface.DEFAULT_BOLD
        if (override != null) {
            page.text("${activity.getString(R.string.decided)}: ${override.reason}")
            page.hint("${override.by}, ${dateText(override.at)}")
            page.text("${activity.getString(R.string.program_said)} ${words.decision(result.decision)}")
        }
        if (result.malignancyScore != null) {
            page.text(activity.getString(R.string.where_it_stands))
            page.add(ScoreView(activity, result, words.reason(result)))
        }
        page.text(words.reason(result))
        if (result.malignancyScore != null) page.hint(words.imputed(result.imputed))
        for (advice in result.advice) page.text("• " + words.advice(advice))
        page.hint(activity.getString(R.string.not_diagnosis))
    }

    private fun colour(decision: Decision) = if (decision == Decision.WATCH) R.color.ink else R.color.refer
}
