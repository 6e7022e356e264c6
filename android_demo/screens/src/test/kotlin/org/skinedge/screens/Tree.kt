package org.skinedge.screens

import android.app.Activity
import android.graphics.Color
import android.util.TypedValue
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.EditText
import android.widget.ScrollView
import android.widget.Spinner
import android.widget.TextView
import org.skinedge.app.R

private const val LEAST_HEIGHT_DP = 48
private const val LEAST_CONTRAST = 4.5
private val NO_DIAGNOSIS = Regex("diagn|utambuzi", RegexOption.IGNORE_CASE)
private val NO_WORDS = Regex("[a-z]+(_[a-z]+)+|.*%\\d?\\\$?s.*")

/** The one scrolling column of a screen. */
fun column(activity: Activity): ViewGroup =
    (activity.findViewById<ViewGroup>(android.R.id.content)!!.getChildAt(0) as ScrollView).getChildAt(0) as ViewGroup

/** What a person with a cheap phone, poor sight or a screen reader would stumble on, one line each. */
fun problems(activity: Activity): List<String> {
    val views = below(column(activity)).toList()
    val labelled = views.filterIsInstance<TextView>().map { it.labelFor }.toSet() - View.NO_ID
    val dp = activity.resources.displayMetrics.density
    return buildList {
        for (view in views.filter(View::isShown)) {
            if (view.isClickable && view.height < LEAST_HEIGHT_DP * dp) add("${name(view)} is ${view.height / dp} dp high")
            if (view.right > (view.parent as View).width) add("${name(view)} sticks out on the right")
            if (view !is TextView && view !is ViewGroup && view.contentDescription.isNullOrBlank()) {
                add("${name(view)} is a picture without a description")
            }
            val named = view.id in labelled || !view.contentDescription.isNullOrBlank()
            if ((view is EditText || view is Spinner) && !named) add("${name(view)} has no name for a screen reader")
            if (view is TextView) addAll(textProblems(activity, view))
        }
    }
}

/** What the page of a result must not say, and must. */
fun adviceProblems(activity: Activity, labels: List<String>): List<String> {
    val said = below(column(activity)).filterIsInstance<TextView>().map { it.text.toString() }.toList()
    val notice = activity.getString(R.string.not_diagnosis)
    return buildList {
        if (notice !in said) add("the page does not say that it is no diagnosis")
        for (text in said - notice) {
            if (NO_DIAGNOSIS.containsMatchIn(text)) add("'$text' speaks of a diagnosis")
            for (label in labels) if (Regex("\\b$label\\b").containsMatchIn(text)) add("'$text' names $label")
        }
    }
}

private fun textProblems(activity: Activity, view: TextView): List<String> = buildList {
    val layout = view.layout ?: return@buildList
    val text = view.text.toString()
    val room = view.height - view.compoundPaddingTop - view.compoundPaddingBottom
    val width = view.width - view.compoundPaddingLeft - view.compoundPaddingRight
    if ((0 until layout.lineCount).any { layout.getEllipsisCount(it) > 0 }) add("'$text' is cut by an ellipsis")
    if (layout.height > room) add("'$text' is cut below: ${layout.height} of $room px")
    if ((0 until layout.lineCount).any { layout.getLineMax(it) > width + 1 }) add("'$text' is cut on the right")
    if (NO_WORDS.matches(text)) add("'$text' has no words")
    val behind = if (view is Button) android.R.attr.colorButtonNormal else android.R.attr.colorBackground
    val contrast = contrast(view.currentTextColor, themeColour(activity, behind))
    if (contrast < LEAST_CONTRAST) add("'$text' has a contrast of %.1f".format(contrast))
}

/** Of WCAG 2.2: 1 to 21. What shines through is laid over the background. */
private fun contrast(ink: Int, background: Int): Double {
    val (high, low) = listOf(Color.luminance(over(ink, background)), Color.luminance(background)).sortedDescending()
    return (high + 0.05) / (low + 0.05)
}

private fun over(ink: Int, background: Int): Int {
    val alpha = Color.alpha(ink) / 255f
    fun mix(channel: (Int) -> Int) = (channel(ink) * alpha + channel(background) * (1 - alpha)).toInt()
    return Color.rgb(mix(Color::red), mix(Color::green), mix(Color::blue))
}

/** A colour of the theme; what shines through is laid over the background. */
fun themeColour(activity: Activity, attribute: Int): Int {
    val value = TypedValue()
    check(activity.theme.resolveAttribute(attribute, value, true)) { "the theme lacks a colour" }
    val colour = if (value.resourceId == 0) value.data else activity.getColor(value.resourceId)
    if (Color.alpha(colour) == 255) return colour
    return over(colour, themeColour(activity, android.R.attr.colorBackground))
}

/** A view and all that is in it. */
fun below(view: View): Sequence<View> = sequence {
    yield(view)
    if (view is ViewGroup) for (at in 0 until view.childCount) yieldAll(below(view.getChildAt(at)))
}

private fun name(view: View) = "${view.javaClass.simpleName} '${(view as? TextView)?.text ?: view.contentDescription}'"
