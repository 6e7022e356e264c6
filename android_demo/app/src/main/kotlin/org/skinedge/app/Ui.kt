package org.skinedge.app

import android.app.Activity
import android.content.Context
import android.graphics.Typeface
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.ScrollView
import android.widget.TextView
import org.skinedge.core.PhotoProblem
import org.skinedge.core.Problem
import org.skinedge.core.StorageProblem

/** One column that scrolls: all that the app's screens are made of. Sizes are in sp, so that large text stays large. */
class Page(private val activity: Activity, heading: String) {
    private val column = LinearLayout(activity).apply {
        orientation = LinearLayout.VERTICAL
        val edge = activity.dp(20)
        setPadding(edge, edge, edge, edge)
    }

    init {
        val scroll = ScrollView(activity).apply {
            fitsSystemWindows = true
            addView(column)
        }
        activity.setContentView(scroll)
        text(heading, sizeSp = 26f).apply {
            typeface = Typeface.DEFAULT_BOLD
            if (android.os.Build.VERSION.SDK_INT >= 28) isAccessibilityHeading = true
        }
    }

    fun text(text: String, sizeSp: Float = 18f, colour: Int = R.color.ink): TextView = add(
        TextView(activity).apply {
            this.text = text
            textSize = sizeSp
            setTextColor(activity.getColor(colour))
        },
    )

    fun hint(text: String) = text(text, sizeSp = 16f, colour = R.color.hint)

    fun button(text: String, action: () -> Unit): Button = add(
        Button(activity).apply {
            this.text = text
            textSize = 18f
            isAllCaps = false
            minHeight = activity.dp(56)
            setOnClickListener { action() }
        },
    )

    /** A field to type in, under its name, which a screen reader tells with it. */
    fun input(name: String, hint: String? = null): EditText {
        val label = text(name)
        hint?.let(::hint)
        val input = EditText(activity).apply {
            id = View.generateViewId()
            minimumHeight = activity.dp(56)
        }
        label.labelFor = input.id
        return add(input)
    }

    fun <V : View> add(view: V): V {
        val place = LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT).apply { topMargin = activity.dp(12) }
        column.addView(view, place)
        return view
    }
}

/** Runs `work` off the screen's thread, then `show` on it, or the words of the problem. */
fun <T> Activity.later(work: (Station) -> T, show: (T) -> Unit) {
    Station.worker.execute {
        val done = try {
            Result.success(work(Station.of(this)))
        } catch (problem: Problem) {
            Result.failure(problem)
        }
        runOnUiThread { if (!isDestroyed) done.fold(show) { explain(it as Problem) } }
    }
}

/** Says what went wrong, and lets the person try again from the start of the screen. */
private fun Activity.explain(problem: Problem) {
    val page = Page(this, getString(R.string.went_wrong))
    when (problem) {
        is PhotoProblem -> page.text(getString(R.string.photo_damaged))
        is StorageProblem -> page.text(getString(R.string.storage_full).replaceFirstChar(Char::uppercase))
        else -> Unit
    }
    // In English: for whoever helps by phone.
    page.hint(problem.message.orEmpty())
    page.button(getString(R.string.go_on)) { recreate() }
}

fun Context.dp(size: Int): Int = (size * resources.displayMetrics.density).toInt()
