package org.skinedge.screens

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import java.awt.image.BufferedImage
import java.awt.image.IndexColorModel
import java.io.File
import javax.imageio.ImageIO

/** Writes a whole screen, as far as it scrolls, on the background of the theme, as a small PNG. */
fun writePicture(activity: Activity, file: File) {
    val column = column(activity)
    val bitmap = Bitmap.createBitmap(column.width, column.height, Bitmap.Config.ARGB_8888)
    val canvas = Canvas(bitmap)
    canvas.drawColor(themeColour(activity, android.R.attr.colorBackground))
    column.draw(canvas)
    val drawn = IntArray(bitmap.width * bitmap.height)
    bitmap.getPixels(drawn, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height)
    // 16 levels a channel are enough to review a screen, and leave few enough colours for a palette.
    for (at in drawn.indices) drawn[at] = (drawn[at] and 0xf0f0f0) + (drawn[at] and 0xf0f0f0 shr 4)
    val palette = drawn.distinct().take(256).toIntArray()
    val model = IndexColorModel(8, palette.size, palette, 0, false, -1, 0)
    val image = BufferedImage(bitmap.width, bitmap.height, BufferedImage.TYPE_BYTE_INDEXED, model)
    image.setRGB(0, 0, bitmap.width, bitmap.height, drawn.map { it or (0xff shl 24) }.toIntArray(), 0, bitmap.width)
    ImageIO.write(image, "png", file)
}
