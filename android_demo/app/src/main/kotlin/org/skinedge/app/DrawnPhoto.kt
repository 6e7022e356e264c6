package org.skinedge.app

import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Paint
import java.io.ByteArrayOutputStream

/** A JPEG of 4000 x 3000 pixels, as a common phone camera takes it: a dark spot on skin. For the benchmark only. */
fun drawnPhoto(): ByteArray {
    val bitmap = Bitmap.createBitmap(4000, 3000, Bitmap.Config.ARGB_8888)
    val canvas = Canvas(bitmap)
    canvas.drawColor(Color.rgb(206, 156, 124))
    val paint = Paint().apply { color = Color.rgb(70, 40, 30) }
    canvas.drawCircle(2000f, 1500f, 420f, paint)
    // Hairs: a flat picture would decode faster than a photo does.
    for (hair in 0 until 400) canvas.drawLine(hair * 10f, 0f, (hair * 37 % 400) * 10f, 3000f, paint)
    val stream = ByteArrayOutputStream()
    bitmap.compress(Bitmap.CompressFormat.JPEG, 92, stream)
    bitmap.recycle()
    return stream.toByteArray()
}
