package org.skinedge.app

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.ClipData
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.provider.MediaStore
import java.io.IOException
import java.util.Locale
import org.skinedge.core.Contract
import org.skinedge.core.Draft
import org.skinedge.core.PhotoProblem
import org.skinedge.core.Record
import org.skinedge.core.ScreeningResult
import org.skinedge.core.Step

/**
 * One visit, a step a screen. The draft on the disk says which step: the app may be killed while the camera is open.
 *
 * Other apps start it with the action `org.skinedge.SCREEN` and get back, as extras, `decision`, `malignancy_score` (a number,
 * left out where the photo must be taken again), `model_sha256`, `photo_sha256`, `visit_id`, and `value`, which is the decision:
 * a person's where one decided otherwise.
 */
class VisitActivity : Activity() {
    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        val anew = saved == null && (intent.getBooleanExtra(NEW, false) || intent.action == SCREEN)
        later({ station ->
            if (anew || station.visit.draft == null) station.visit.start()
            takeIn(station)
        }) { show(it) }
    }

    override fun onActivityResult(request: Int, code: Int, data: Intent?) {
        if (code != RESULT_OK) return
        val chosen = data?.data.takeIf { request == CHOOSE }
        later({ station ->
            if (chosen != null) FileLender.lent(this, FileLender.PHOTO).writeBytes(read(chosen))
            takeIn(station)
        }) { show(it) }
    }

    private fun read(chosen: Uri): ByteArray = try {
        contentResolver.openInputStream(chosen)!!.use { it.readBytes() }
    } catch (error: IOException) {
        throw PhotoProblem("the photo that was chosen cannot be read: ${error.message}")
    }

    /** Takes in a photo that a camera has left, if one has. */
    private fun takeIn(station: Station): Pair<Contract, Draft> {
        val left = FileLender.lent(this, FileLender.PHOTO)
        if (left.length() > 0 && station.visit.draft?.step == Step.PHOTO) {
            val photo = left.readBytes()
            // It lies there in clear.
            left.delete()
            station.visit.photograph(photo)
        }
        return station.contract to station.visit.draft!!
    }

    private fun step(action: (Station) -> Unit) = later({ station ->
        action(station)
        station.contract to station.visit.draft
    }) { (contract, draft) -> if (draft == null) finish() else show(contract to draft) }

    private fun show(state: Pair<Contract, Draft>) {
        val (contract, draft) = state
        when (draft.step) {
            Step.CONSENT -> showConsent()
            Step.PHOTO -> showPhoto()
            Step.QUESTIONS -> showQuestions(contract, draft)
            Step.RESULT -> showResult(draft.result!!)
        }
    }

    private fun showConsent() {
        val page = Page(this, getString(R.string.ask_the_patient))
        page.hint(getString(R.string.read_out))
        for (text in listOf(R.string.consent_photo, R.string.consent_program, R.string.consent_stays, R.string.consent_no)) {
            page.text("• " + getString(text))
        }
        val patient = page.input(getString(R.string.patient_code), getString(R.string.patient_hint))
        page.text(getString(R.string.what_to_keep))
        fun agree(keepPhoto: Boolean) = step {
            it.visit.start(patient.text.toString())
            it.visit.agree(keepPhoto)
        }
        page.button(getString(R.string.keep_photo)) { agree(keepPhoto = true) }
        page.button(getString(R.string.keep_no_photo)) { agree(keepPhoto = false) }
        page.button(getString(R.string.patient_says_no)) { step { it.visit.discard() } }
    }

    private fun showPhoto() {
        val page = Page(this, getString(R.string.take_photo))
        for (text in listOf(R.string.photo_light, R.string.photo_hold, R.string.photo_tap)) page.text("• " + getString(text))
        page.button(getString(R.string.open_camera), ::openCamera)
        page.button(getString(R.string.choose_photo)) {
            open(Intent(Intent.ACTION_GET_CONTENT).setType("image/*").addCategory(Intent.CATEGORY_OPENABLE), CHOOSE)
        }
        page.button(getString(R.string.stop_visit)) { step { it.visit.discard() } }
    }

    private fun openCamera() {
        FileLender.lent(this, FileLender.PHOTO).delete()
        val address = FileLender.address(FileLender.PHOTO)
        val intent = Intent(MediaStore.ACTION_IMAGE_CAPTURE).putExtra(MediaStore.EXTRA_OUTPUT, address)
        // Older cameras are granted by the clip only.
        intent.clipData = ClipData.newRawUri(null, address)
        open(intent.addFlags(Intent.FLAG_GRANT_WRITE_URI_PERMISSION or Intent.FLAG_GRANT_READ_URI_PERMISSION), CAMERA)
    }

    private fun open(intent: Intent, request: Int) {
        try {
            startActivityForResult(intent, request)
        } catch (_: ActivityNotFoundException) {
            Page(this, getString(R.string.went_wrong)).button(getString(R.string.go_on)) { recreate() }
        }
    }

    private fun showQuestions(contract: Contract, draft: Draft) {
        val page = Page(this, getString(R.string.ask_questions))
        page.hint(getString(R.string.leave_unknown))
        val questions = Questions(page, this, contract, draft.answers)
        page.button(getString(R.string.show_advice)) {
            val answers = questions.answers() ?: return@button
            Page(this, getString(R.string.looking))
            step { station ->
                for ((question, answer) in answers) station.visit.answer(question, answer)
                station.visit.screen()
            }
        }
        page.button(getString(R.string.stop_visit)) { step { it.visit.discard() } }
    }

    private fun showResult(result: ScreeningResult) {
        val page = ResultPage(this, result).page
        page.button(getString(R.string.save)) {
            later({ Record(keep(it)) }, ::finishWith)
        }
        page.button(getString(R.string.decide)) {
            Forms(this) { step {} }.override(result.decision) { override ->
                later({ station ->
                    val visitId = keep(station).visitId
                    station.records.add(visitId, override)
                    station.records.record(visitId)
                }, ::finishWith)
            }
        }
        page.button(getString(R.string.photograph_again)) { step { it.visit.photographAgain() } }
        page.button(getString(R.string.stop_visit)) { step { it.visit.discard() } }
    }

    private fun keep(station: Station) = station.visit.keep(Locale.getDefault().toString().substringBefore("_#"))

    private fun finishWith(record: Record) {
        val visit = record.visit
        val result = visit.result
        val told = Intent().putExtra("value", record.decision.code).putExtra("decision", record.decision.code)
            .putExtra("model_sha256", result.modelSha256).putExtra("photo_sha256", result.photoSha256)
            .putExtra("visit_id", visit.visitId)
        result.malignancyScore?.let { told.putExtra("malignancy_score", it) }
        setResult(RESULT_OK, told)
        if (intent.action != SCREEN) {
            startActivity(Intent(this, RecordActivity::class.java).putExtra(RecordActivity.VISIT, visit.visitId))
        }
        finish()
    }

    companion object {
        /** Extra: start a visit in place of one under way. */
        const val NEW = "new"
        private const val SCREEN = "org.skinedge.SCREEN"
        private const val CAMERA = 1
        private const val CHOOSE = 2
    }
}
