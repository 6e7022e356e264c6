package org.skinedge.app

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import org.skinedge.core.Decoded
import org.skinedge.core.Decoder
import org.skinedge.core.Pixels
import org.skinedge.core.sampleSize

/** Android's decoder. It does not turn photos by their EXIF, which is left to core. */
object BitmapDecoder : Decoder {
    override fun decode(photo: ByteArray, sidePx: Int): Decoded? {
        val bounds = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        BitmapFactory.decodeByteArray(photo, 0, photo.size, bounds)
        if (bounds.outWidth <= 0 || bounds.outHeight <= 0) return null
        val options = BitmapFactory.Options().apply {
            inSampleSize = sampleSize(bounds.outWidth, bounds.outHeight, sidePx)
            inPreferredConfig = Bitmap.Config.ARGB_8888
        }
        val bitmap = BitmapFactory.decodeByteArray(photo, 0, photo.size, options) ?: return null
        val rgb = IntArray(bitmap.width * bitmap.height)
        bitmap.getPixels(rgb, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height)
        val pixels = Pixels(bitmap.width, bitmap.height, rgb)
        bitmap.recycle()
        return Decoded(bounds.outWidth, bounds.outHeight, pixels)
    }
}
