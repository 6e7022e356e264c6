package org.skinedge.app

import android.content.res.AssetManager
import java.io.InputStream
import org.skinedge.core.BundleFiles

/** The bundle inside the app: the assets below `bundle/`. */
class AssetFiles(private val assets: AssetManager) : BundleFiles {
    override fun names(): Set<String> = below("").toSet()

    override fun open(name: String): InputStream = assets.open("$FOLDER/$name")

    private fun below(folder: String): List<String> {
        val names = assets.list("$FOLDER/$folder".trimEnd('/')).orEmpty()
        // Assets know no folders but by what lies in them.
        if (names.isEmpty()) return listOf(folder)
        return names.flatMap { below(if (folder.isEmpty()) it else "$folder/$it") }
    }

    private companion object {
        const val FOLDER = "bundle"
    }
}
