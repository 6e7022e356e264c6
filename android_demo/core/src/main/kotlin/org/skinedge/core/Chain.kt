package org.skinedge.core

import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** What `previous_sha256` of the first entry is. */
val BEFORE_THE_FIRST = "0".repeat(64)

/** One line of the log: the twin of `skinedge/records/chain.py`, whose documentation says how it is spelled and hashed. */
@Serializable
data class Entry(
    /** 1, 2, 3, ... */
    val sequence: Long,
    /** UTC, to the millisecond: `2026-01-31T08:05:00.000Z`. */
    val time: String,
    /** created, visit, deletion, ... */
    val kind: String,
    @SerialName("visit_id") val visitId: String?,
    @SerialName("model_name") val modelName: String?,
    @SerialName("model_sha256") val modelSha256: String?,
    /** Of the encrypted bytes, as is [photoSha256]. */
    @SerialName("payload_sha256") val payloadSha256: String,
    @SerialName("photo_sha256") val photoSha256: String?,
    @SerialName("previous_sha256") val previousSha256: String,
) {
    /** The bytes that are hashed: RFC 8785. */
    fun canonical(): ByteArray = listOf(
        "format" to quoted("skinedge-log-1"),
        "kind" to quoted(kind),
        "model_name" to quoted(modelName),
        "model_sha256" to quoted(modelSha256),
        "payload_sha256" to quoted(payloadSha256),
        "photo_sha256" to quoted(photoSha256),
        "previous_sha256" to quoted(previousSha256),
        "sequence" to sequence.toString(),
        "time" to quoted(time),
        "visit_id" to quoted(visitId),
    ).joinToString(",", "{", "}") { (name, value) -> "\"$name\":$value" }.toByteArray()

    fun sha256(): String = sha256(canonical())
}

/** What does not hang together in a log, one line a problem. Takes entries by sequence with the hash kept beside each. */
fun checkChain(entries: List<Pair<Entry, String>>): List<String> = buildList {
    if (entries.isEmpty()) add("the log is empty")
    var expected = 1L
    var previous = BEFORE_THE_FIRST
    for ((entry, kept) in entries) {
        val name = "entry ${entry.sequence} of the log"
        if (entry.sequence != expected) {
            add("$name comes where entry $expected was expected: entries are missing")
        } else if (entry.previousSha256 != previous) {
            add("$name does not follow from the entry before it")
        }
        if (entry.sha256() != kept) add("$name was changed")
        if ((entry.kind == "created") != (entry.sequence == 1L)) add("$name is of kind '${entry.kind}'")
        expected = entry.sequence + 1
        previous = kept
    }
}

private val ESCAPES = mapOf(
    '"' to "\\\"",
    '\\' to "\\\\",
    '\b' to "\\b",
    '\u000c' to "\\f",
    '\n' to "\\n",
    '\r' to "\\r",
    '\t' to "\\t",
)

private fun quoted(text: String?): String {
    if (text == null) return "null"
    return text.toCharArray().joinToString("", "\"", "\"") { char ->
        ESCAPES[char] ?: if (char < ' ') "\\u%04x".format(java.util.Locale.ROOT, char.code) else char.toString()
    }
}
