package org.skinedge.app

import android.app.Activity
import android.graphics.Typeface
import org.skinedge.core.Decision
import org.skinedge.core.ScreeningResult

/** What the program advises, why, and what it filled in. Never a diagnosis. */
class ResultPage(activity: Activity, result: ScreeningResult) {
    private val words = Words(activity)

    /** To put buttons below. */
    val page = Page(activity, words.decision(result.decision))

    init {
        page.text(words.whatToDo(result.decision), sizeSp = 22f, colour = colour(result.decision)).typeface =
            Typeface.DEFAULT_BOLD
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
