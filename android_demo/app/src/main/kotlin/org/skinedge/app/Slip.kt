package org.skinedge.app

import android.content.Context
import android.graphics.Typeface
import android.graphics.pdf.PdfDocument
import android.os.Bundle
import android.os.CancellationSignal
import android.os.ParcelFileDescriptor
import android.print.PageRange
import android.print.PrintAttributes
import android.print.PrintDocumentAdapter
import android.print.PrintDocumentInfo
import android.text.StaticLayout
import android.text.TextPaint
import java.io.FileOutputStream
import java.io.OutputStream
import org.skinedge.core.Record
import org.skinedge.core.spokenVisitId

private const val A5_WIDTH_PT = 420
private const val A5_HEIGHT_PT = 595
private const val MARGIN_PT = 32

/** The slip that a person takes along: one page of A5, black on white, without a photo. */
class Slip(private val context: Context, private val record: Record) {
    private val visit = record.visit
    private val words = Words(context)

    /** Writes the slip as PDF. */
    fun write(stream: OutputStream) {
        val document = PdfDocument()
        val page = document.startPage(PdfDocument.PageInfo.Builder(A5_WIDTH_PT, A5_HEIGHT_PT, 1).create())
        page.canvas.translate(MARGIN_PT.toFloat(), MARGIN_PT.toFloat())
        for ((text, sizePt) in lines()) {
            val paint = TextPaint().apply {
                textSize = sizePt
                typeface = if (sizePt > TEXT_PT) Typeface.DEFAULT_BOLD else Typeface.DEFAULT
            }
            val layout = StaticLayout.Builder.obtain(text, 0, text.length, paint, A5_WIDTH_PT - 2 * MARGIN_PT).build()
            layout.draw(page.canvas)
            page.canvas.translate(0f, layout.height + 8f)
        }
        document.finishPage(page)
        document.writeTo(stream)
        document.close()
    }

    private fun lines(): List<Pair<String, Float>> = listOfNotNull(
        words.decision(record.decision) to 26f,
        words.whatToDo(record.decision) to TEXT_PT,
        record.overrides.lastOrNull()?.let { words.changed(visit.result.decision, it.reason) to TEXT_PT },
        words.reason(visit.result) to TEXT_PT,
        "${context.getString(R.string.patient)}: ${visit.patient}" to TEXT_PT,
        "${context.getString(R.string.time)}: ${dateText(visit.createdAt)}" to TEXT_PT,
        "${context.getString(R.string.visit_number)}: ${spokenVisitId(visit.visitId)}" to 15f,
        context.getString(R.string.slip_notice) to TEXT_PT,
        context.getString(R.string.slip_clinic) to TEXT_PT,
        blank(R.string.slip_seen) to TEXT_PT,
        blank(R.string.slip_found) to TEXT_PT,
        blank(R.string.slip_signed) to TEXT_PT,
    )

    private fun blank(name: Int) = "${context.getString(name)}: " + "_".repeat(28)

    private companion object {
        const val TEXT_PT = 12f
    }
}

/** Gives a slip to Android's printing. */
class SlipPrinter(private val slip: Slip) : PrintDocumentAdapter() {
    override fun onLayout(
        old: PrintAttributes?,
        new: PrintAttributes?,
        cancel: CancellationSignal?,
        callback: LayoutResultCallback,
        extras: Bundle?,
    ) {
        val info = PrintDocumentInfo.Builder(
            FileLender.SLIP,
        ).setContentType(PrintDocumentInfo.CONTENT_TYPE_DOCUMENT).setPageCount(1)
        callback.onLayoutFinished(info.build(), false)
    }

    override fun onWrite(
        pages: Array<PageRange>?,
        target: ParcelFileDescriptor,
        cancel: CancellationSignal?,
        callback: WriteResultCallback,
    ) {
        FileOutputStream(target.fileDescriptor).use(slip::write)
        callback.onWriteFinished(arrayOf(PageRange.ALL_PAGES))
    }
}
