// Runs an iOS bundle on one photo with Core ML, iOS 16 or later. Its syntax was checked; it was never compiled or run.
import CoreGraphics
import CoreML
import Foundation

struct Contract: Decodable {
    struct Field: Decodable { let name: String, position: Int }
    struct Threshold: Decodable { let value: Float }
    let fields: [Field], labels: [String], malignant_labels: [String], missing: Float, refer: Threshold
}

/// Probabilities by label, and whether to refer. `photo` is upright; `answers` hold numbers as contract.json says, by name.
func screen(_ photo: CGImage, answers: [String: Float], bundle: URL) throws -> (probabilities: [String: Float], refer: Bool) {
    let json = try Data(contentsOf: bundle.appendingPathComponent("contract.json"))
    let contract = try JSONDecoder().decode(Contract.self, from: json)
    // A package in the target of an app is compiled by Xcode; this one came with the bundle.
    let model = try MLModel(contentsOf: MLModel.compileModel(at: bundle.appendingPathComponent("skinedge.mlpackage")))

    let side = min(photo.width, photo.height)
    let centre = CGRect(x: (photo.width - side) / 2, y: (photo.height - side) / 2, width: side, height: side)
    // Scaled to the size that the model asks for. Nothing else is to be done to pixels: it happens inside the program.
    let size = model.modelDescription.inputDescriptionsByName["photo"]!.imageConstraint!
    let image = try MLFeatureValue(cgImage: photo.cropping(to: centre)!, constraint: size)

    let given = try MLMultiArray(shape: [1, NSNumber(value: contract.fields.count)], dataType: .float32)
    for field in contract.fields { given[field.position] = NSNumber(value: answers[field.name] ?? contract.missing) }

    let inputs: [String: Any] = ["photo": image, "answers": MLFeatureValue(multiArray: given)]
    let output = try model.prediction(from: MLDictionaryFeatureProvider(dictionary: inputs))
    let said = output.featureValue(for: "probabilities")!.multiArrayValue!
    let probabilities = Dictionary(uniqueKeysWithValues: contract.labels.enumerated().map { ($1, said[$0].floatValue) })
    let score = contract.malignant_labels.reduce(0) { $0 + probabilities[$1]! }
    return (probabilities, score >= contract.refer.value)
}
