package org.skinedge.app

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import java.io.File
import java.io.FileNotFoundException

/** Lends a file of the cache to another app, which must have been given its address with a grant. */
class FileLender : ContentProvider() {
    override fun onCreate() = true

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor =
        ParcelFileDescriptor.open(file(uri), ParcelFileDescriptor.parseMode(mode))

    override fun getType(uri: Uri) = if (uri.lastPathSegment == SLIP) "application/pdf" else "image/jpeg"

    override fun query(uri: Uri, columns: Array<String>?, where: String?, values: Array<String>?, order: String?): Cursor {
        val cursor = MatrixCursor(arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE))
        cursor.addRow(arrayOf<Any>(uri.lastPathSegment.orEmpty(), file(uri).length()))
        return cursor
    }

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun update(uri: Uri, values: ContentValues?, where: String?, arguments: Array<String>?) = 0

    override fun delete(uri: Uri, where: String?, arguments: Array<String>?) = 0

    private fun file(uri: Uri): File {
        val name = uri.lastPathSegment
        if (name != PHOTO && name != SLIP) throw FileNotFoundException("nothing is lent under this address")
        return lent(requireNotNull(context), name)
    }

    companion object {
        const val PHOTO = "photo.jpg"
        const val SLIP = "slip.pdf"

        /** The file itself. It lies in clear: delete it as soon as it has served. */
        fun lent(context: Context, name: String) = File(File(context.cacheDir, "lent").apply { mkdirs() }, name)

        /** The address to give away. */
        fun address(name: String): Uri = Uri.parse("content://org.skinedge.app.files/$name")
    }
}
