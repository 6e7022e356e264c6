package org.skinedge.app

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.view.View
import org.skinedge.core.ScreeningResult

/** Where a score stands on the scale from 0 to 1: a dot on a line, with a mark from which on the advice is to refer. */
class ScoreView(context: Context, private val result: ScreeningResult, description: String) : View(context) {
    private val paint = Paint(Paint.ANTI_ALIAS_FLAG)
    private val unit = resources.displayMetrics.density

    init {
        contentDescription = description
        minimumHeight = (64 * unit).toInt()
    }

    override fun onMeasure(widthSpec: Int, heightSpec: Int) {
        setMeasuredDimension(getDefaultSize(suggestedMinimumWidth, widthSpec), resolveSize(minimumHeight, heightSpec))
    }

    override fun onDraw(canvas: Canvas) {
        val left = 12 * unit
        val right = width - left
        val middle = height / 2f
        fun place(score: Double) = left + (right - left) * score.toFloat()
        val limit = place(result.referThreshold)
        paint.strokeWidth = 6 * unit
        paint.color = context.getColor(R.color.line)
        canvas.drawLine(left, middle, limit, middle, paint)
        paint.color = context.getColor(R.color.refer)
        canvas.drawLine(limit, middle, right, middle, paint)
        paint.strokeWidth = 3 * unit
        canvas.drawLine(limit, middle - 18 * unit, limit, middle + 18 * unit, paint)
        paint.color = context.getColor(R.color.ink)
        result.malignancyScore?.let { canvas.drawCircle(place(it), middle, 9 * unit, paint) }
    }
}
