// Runs a bundle's golden vectors in JavaScript: npm install onnxruntime-web pngjs; node onnx.mjs BUNDLE
// In a page, pixels come from a canvas of image.side_px instead of pngjs; everything else stays as it is.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import { PNG } from "pngjs";

const bundle = process.argv[2];
const json = (name) => JSON.parse(readFileSync(`${bundle}/${name}`, "utf8"));
const contract = json("contract.json");
const side = contract.image.side_px;

// RGB, 0 to 255, one colour after the other: nothing is scaled, everything else happens inside the program.
const pixels = (rgba) => {
  const photo = new Float32Array(3 * side * side);
  for (let i = 0; i < side * side; i++) for (let c = 0; c < 3; c++) photo[c * side * side + i] = rgba[4 * i + c];
  return new ort.Tensor("float32", photo, [1, 3, side, side]);
};

const session = await ort.InferenceSession.create(`${bundle}/${json("manifest.json").program}`);
let worst = 0;
for (const vector of json("golden.json").vectors) {
  const { probabilities } = await session.run({
    photo: pixels(PNG.sync.read(readFileSync(`${bundle}/${vector.photo}`)).data),
    answers: new ort.Tensor("float32", vector.answers, [1, contract.fields.length]), // contract.missing where unanswered
  });
  const said = Array.from(probabilities.data);
  const score = contract.malignant_labels.reduce((sum, label) => sum + said[contract.labels.indexOf(label)], 0);
  const difference = Math.max(...said.map((value, i) => Math.abs(value - vector.probabilities[i])));
  console.log(JSON.stringify({ probabilities: said, refer: score >= contract.refer.value, difference }));
  worst = Math.max(worst, difference);
}
process.exit(worst < 0.01 ? 0 : 1);
