package org.skinedge.screens

import android.app.Activity
import android.text.TextUtils
import android.view.View
import android.view.View.MeasureSpec
import android.view.ViewGroup
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.Button
import android.widget.EditText
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.TextView
import kotlin.test.Test
import kotlin.test.assertEquals
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.skinedge.app.R

/** Each check finds its fault, planted in a screen that has none. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = "en-w360dp-h640dp-mdpi")
class ScreenFaultsTest {
    private val activity: Activity = Scene.WATCH.open()
    private val column = column(activity)
    private val long = "No word of this may be cut. ".repeat(9)

    private fun <V : View> plant(view: V, widthPx: Int = 300, heightPx: Int = WRAP_CONTENT, change: V.() -> Unit = {}) {
        change(view)
        column.addView(view, LinearLayout.LayoutParams(widthPx, heightPx))
        val width = MeasureSpec.makeMeasureSpec(column.width, MeasureSpec.EXACTLY)
        column.measure(width, MeasureSpec.makeMeasureSpec(0, MeasureSpec.UNSPECIFIED))
        column.layout(0, 0, column.measuredWidth, column.measuredHeight)
    }

    private fun finds(vararg parts: String, among: List<String> = problems(activity)) {
        assertEquals(parts.size, among.size, among.joinToString("\n"))
        for (part in parts) assertEquals(1, among.count { part in it }, among.joinToString("\n"))
    }

    private fun advice() = adviceProblems(activity, listOf("MEL", "NEV"))

    @Test
    fun aScreenAsItIsHasNone() {
        finds()
        finds(among = advice())
    }

    @Test
    fun aLowButton() = plant(Button(activity), heightPx = 47) { text = "x" }.also { finds("47.0 dp high") }

    @Test
    fun aPictureWithoutDescription() = plant(ImageView(activity)).also { finds("without a description") }

    @Test
    fun aFieldWithoutName() = plant(EditText(activity)) { minimumHeight = 48 }.also { finds("no name") }

    @Test
    fun anEllipsis() = plant(TextView(activity)) {
        text = long
        maxLines = 1
        ellipsize = TextUtils.TruncateAt.END
        setTextColor(activity.getColor(R.color.ink))
    }.also { finds("an ellipsis") }

    @Test
    fun aTextCutBelow() = plant(TextView(activity), heightPx = 30) {
        text = long
        setTextColor(activity.getColor(R.color.ink))
    }.also { finds("cut below") }

    @Test
    fun aTextCutOnTheRight() = plant(TextView(activity), widthPx = 60) {
        text = "Unbreakablywideword"
        setHorizontallyScrolling(true)
        setTextColor(activity.getColor(R.color.ink))
    }.also { finds("cut on the right") }

    @Test
    fun somethingThatSticksOut() = plant(View(activity), widthPx = 500) {
        contentDescription = "wide"
    }.also { finds("sticks out") }

    @Test
    fun faintText() = plant(TextView(activity)) {
        text = "faint"
        setTextColor(android.graphics.Color.LTGRAY)
    }.also { finds("contrast") }

    @Test
    fun aTextWithoutWords() = plant(TextView(activity)) {
        text = "decision_refer"
        setTextColor(activity.getColor(R.color.ink))
    }.also { finds("no words") }

    @Test
    fun aDiagnosis() = plant(TextView(activity)) { text = "Diagnosis: harmless" }.also { finds("speaks of", among = advice()) }

    @Test
    fun aLabelOfTheModel() = plant(TextView(activity)) { text = "Looks like MEL" }.also { finds("names MEL", among = advice()) }

    @Test
    fun aNoticeThatIsMissing() {
        val notice = activity.getString(R.string.not_diagnosis)
        (0 until column.childCount).map(column::getChildAt).filterIsInstance<TextView>().single { it.text == notice }
            .let { (it.parent as ViewGroup).removeView(it) }
        finds("does not say", among = advice())
    }
}
