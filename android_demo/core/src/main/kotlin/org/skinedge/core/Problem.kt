package org.skinedge.core

/**
 * What a person can do something about. The message is one line, in English, for the log and for whoever helps by phone;
 * the app shows its own words for each class. Everything else that is thrown is a bug.
 */
sealed class Problem(message: String) : Exception(message)

/** The contract or manifest cannot be understood, or the program fails. */
class ContractProblem(message: String) : Problem(message)

/** A file of the bundle is missing, altered, not listed, or not signed by a key that the app trusts. */
class TamperProblem(message: String) : Problem(message)

/** An answer is not one that the model takes. */
class AnswerProblem(val question: String, message: String) : Problem(message)

/** The photo cannot be read. */
class PhotoProblem(message: String) : Problem(message)

/** The phone's storage is full or cannot be written; what was there before is as it was. */
class StorageProblem(message: String) : Problem(message)

/** A record or the log was changed, or cannot be opened with this phone's key. */
class RecordProblem(message: String) : Problem(message)
