package org.skinedge.app

import android.app.Activity
import android.content.ClipData
import android.content.Intent
import android.os.Bundle
import android.print.PrintManager
import java.time.LocalDate
import org.skinedge.core.Record
import org.skinedge.core.RecordStore
import org.skinedge.core.spokenVisitId

/** A visit that was kept, with its slip to print or to share as a file, what was added to it, and its deletion. */
class RecordActivity : Activity() {
    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        reload()
    }

    private fun reload(change: (RecordStore) -> Unit = {}) {
        val visitId = intent.getStringExtra(VISIT).orEmpty()
        later({ station ->
            change(station.records)
            station.records.record(visitId)
        }, ::show)
    }

    private fun show(record: Record) {
        val visit = record.visit
        val page = ResultPage(this, visit.result, record.overrides.lastOrNull()).page
        for (outcome in record.outcomes) {
            page.text("${getString(R.string.found_later)}: ${outcome.label}${malignancy(outcome.malignant)}")
            page.hint("${dayText(LocalDate.parse(outcome.on))}. ${outcome.by}, ${dateText(outcome.at)}")
        }
        page.hint("${getString(R.string.patient)}: ${visit.patient}")
        page.hint("${getString(R.string.time)}: ${dateText(visit.createdAt)}")
        page.hint("${getString(R.string.visit_number)}: ${spokenVisitId(visit.visitId)}")
        page.hint("${getString(R.string.model)}: ${visit.result.modelName}, ${visit.result.modelSha256.take(12)}")
        val slip = Slip(this, record)
        page.button(getString(R.string.print)) {
            getSystemService(PrintManager::class.java)?.print(spokenVisitId(visit.visitId), SlipPrinter(slip), null)
        }
        page.button(getString(R.string.slip)) { share(slip) }
        val forms = Forms(this) { reload() }
        page.button(getString(R.string.decide)) {
            forms.override(visit.result.decision) { override -> reload { it.add(visit.visitId, override) } }
        }
        page.button(getString(R.string.outcome)) {
            forms.outcome { outcome -> reload { it.add(visit.visitId, outcome) } }
        }
        page.button(getString(R.string.delete)) {
            forms.deletion(visit.patient) { deletion ->
                later({ it.records.deletePatient(visit.patient, deletion) }) { finish() }
            }
        }
    }

    private fun malignancy(malignant: Boolean?) = when (malignant) {
        true -> ": " + getString(R.string.malignant)
        false -> ": " + getString(R.string.not_malignant)
        null -> ""
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
