"""Runs a bundle's golden vectors with LiteRT: pip install ai-edge-litert numpy pillow; python tflite.py BUNDLE"""

import json
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

bundle = Path(sys.argv[1])
names = ("contract", "manifest", "golden")
contract, manifest, golden = (json.loads((bundle / f"{name}.json").read_bytes()) for name in names)
run = Interpreter(model_path=str(bundle / manifest["program"])).get_signature_runner()
worst = 0.0

for vector in golden["vectors"]:
    # RGB, 0 to 255, one colour after the other: nothing is scaled, everything else happens inside the program.
    photo = np.asarray(Image.open(bundle / vector["photo"]).convert("RGB"), dtype=np.float32).transpose(2, 0, 1)[None]
    answers = np.array([vector["answers"]], dtype=np.float32)  # contract["missing"] where unanswered
    probabilities = run(photo=photo, answers=answers)["probabilities"][0]

    score = sum(probabilities[contract["labels"].index(label)] for label in contract["malignant_labels"])
    difference = float(np.abs(probabilities - vector["probabilities"]).max())
    refer = bool(score >= contract["refer"]["value"])
    print(json.dumps({"probabilities": probabilities.tolist(), "refer": refer, "difference": difference}))
    worst = max(worst, difference)
sys.exit(0 if worst < 0.01 else 1)
