package org.skinedge.screens

import java.io.File
import java.util.Locale
import kotlin.test.Test
import kotlin.test.assertEquals
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.skinedge.app.Station

/** A 720 x 1280 phone at half of its pixels would blur the text: 3/4 of them. */
private const val PHONE = "w360dp-h640dp-hdpi"
private const val NIGHT = "w360dp-h640dp-night-hdpi"

/** The narrowest that Android 8 must fit, and so where large text is cut first. */
private const val SMALL_PHONE = "w320dp-h480dp-mdpi"

/** Languages with the longest words first. */
private val LANGUAGES = listOf("sw", "pt-rBR", "fr", "es", "en")

@RunWith(RobolectricTestRunner::class)
class ScreensTest {
    private fun open(scene: Scene, qualifiers: String, fontScale: Float = 1f) = run {
        RuntimeEnvironment.setQualifiers(qualifiers)
        RuntimeEnvironment.setFontScale(fontScale)
        // As a phone does; Robolectric leaves the one of the JVM.
        Locale.setDefault(RuntimeEnvironment.getApplication().resources.configuration.locales[0])
        scene.open()
    }

    private fun look(qualifiers: String, fontScale: Float = 1f) {
        val found = Scene.entries.flatMap { scene ->
            val activity = open(scene, qualifiers, fontScale)
            val said = if (scene.advises) adviceProblems(activity, Station.of(activity).contract.labels) else emptyList()
            (problems(activity) + said).map { "$scene, $qualifiers, $fontScale: $it" }
        }
        assertEquals("", found.joinToString("\n"))
    }

    @Test
    fun nothingIsCutOrUnreadableByDay() = LANGUAGES.forEach { look("$it-$PHONE") }

    @Test
    fun nothingIsCutOrUnreadableByNight() = look("en-$NIGHT")

    @Test
    fun nothingIsCutInTheLargestTextOnASmallPhone() = LANGUAGES.forEach { look("$it-$SMALL_PHONE", 2f) }

    @Test
    fun picturesAreDrawn() {
        val folder = File(System.getProperty("pictures")!!)
        folder.listFiles { file -> file.extension == "png" }!!.forEach(File::delete)
        fun draw(name: String, qualifiers: String, fontScale: Float, scenes: List<Scene>) = scenes.forEach { scene ->
            writePicture(open(scene, qualifiers, fontScale), File(folder, "${scene.name.lowercase()}-$name.png"))
        }
        draw("light", "en-$PHONE", 1f, Scene.entries)
        draw("dark", "en-$NIGHT", 1f, listOf(Scene.VISITS, Scene.QUESTIONS, Scene.REFER))
        draw("large", "en-$SMALL_PHONE", 2f, listOf(Scene.CONSENT, Scene.REFER, Scene.OVERRIDE))
        draw("pt", "pt-rBR-$PHONE", 1f, listOf(Scene.REFER, Scene.DELETION))
        draw("sw-large", "sw-$SMALL_PHONE", 2f, listOf(Scene.QUESTIONS))
    }
}
