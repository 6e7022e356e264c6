package org.skinedge.app

import android.app.Activity
import android.content.Intent
import java.text.DateFormat
import java.time.Instant
import java.util.Date
import org.skinedge.core.Draft
import org.skinedge.core.Record
import org.skinedge.core.spokenVisitId

/** The list of visits, and the way to a new one. */
class MainActivity : Activity() {
    override fun onResume() {
        super.onResume()
        // Whoever it was shared with has read it by now, and it lies there in clear.
        FileLender.lent(this, FileLender.SLIP).delete()
        later({ it.visit.draft to it.records.all() }) { (draft, records) -> show(draft, records) }
    }

    private fun show(draft: Draft?, records: List<Record>) {
        val words = Words(this)
        val page = Page(this, getString(R.string.app_name))
        if (draft != null) {
            page.hint("${getString(R.string.not_finished)}: ${draft.patient}")
            page.button(getString(R.string.go_on)) { startActivity(Intent(this, VisitActivity::class.java)) }
        }
        page.button(getString(R.string.new_visit)) {
            startActivity(Intent(this, VisitActivity::class.java).putExtra(VisitActivity.NEW, true))
        }
        page.text(getString(R.string.visits), sizeSp = 22f)
        if (records.isEmpty()) page.hint(getString(R.string.no_visits))
        for (record in records) {
            val visit = record.visit
            val decision = words.decision(record.decision)
            val lines = listOf(visit.patient, decision, dateText(visit.createdAt), spokenVisitId(visit.visitId))
            page.button(lines.joinToString("\n")) {
                startActivity(Intent(this, RecordActivity::class.java).putExtra(RecordActivity.VISIT, visit.visitId))
            }
        }
        page.hint(getString(R.string.notice))
    }
}

/** A moment of the log, as the phone writes dates. */
fun dateText(moment: String): String =
    DateFormat.getDateTimeInstance(DateFormat.MEDIUM, DateFormat.SHORT).format(Date.from(Instant.parse(moment)))
