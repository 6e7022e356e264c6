package org.skinedge.app

import android.app.Activity
import android.content.ClipData
import android.content.Intent
import android.os.Bundle
import android.print.PrintManager
import org.skinedge.core.Visit
import org.skinedge.core.spokenVisitId

/** A visit that was kept, and its slip to print or to share as a file. */
class RecordActivity : Activity() {
    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        val visitId = intent.getStringExtra(VISIT).orEmpty()
        later({ it.records.visit(visitId) }, ::show)
    }

    private fun show(visit: Visit) {
        val page = ResultPage(this, visit.result).page
        page.hint("${getString(R.string.patient)}: ${visit.patient}")
        page.hint("${getString(R.string.time)}: ${dateText(visit)}")
        page.hint("${getString(R.string.visit_number)}: ${spokenVisitId(visit.visitId)}")
        page.hint("${getString(R.string.model)}: ${visit.result.modelName}, ${visit.result.modelSha256.take(12)}")
        val slip = Slip(this, visit)
        page.button(getString(R.string.print)) {
            getSystemService(PrintManager::class.java)?.print(spokenVisitId(visit.visitId), SlipPrinter(slip), null)
        }
        page.button(getString(R.string.slip)) { share(slip) }
    }

    private fun share(slip: Slip) {
        FileLender.lent(this, FileLender.SLIP).outputStream().use(slip::write)
        val address = FileLender.address(FileLender.SLIP)
        val send = Intent(Intent.ACTION_SEND).setType("application/pdf").putExtra(Intent.EXTRA_STREAM, address)
        send.clipData = ClipData.newRawUri(null, address)
        startActivity(Intent.createChooser(send.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION), getString(R.string.slip)))
    }

    companion object {
        /** Extra: the id of the visit to show. */
        const val VISIT = "visit_id"
    }
}
