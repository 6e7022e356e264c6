import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/** Arguments: the `.onnx`, the list of vectors. */
public final class OnnxGolden {
    public static void main(String[] arguments) throws Exception {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession session = environment.createSession(arguments[0]);
        Golden.run(
                (photo, side, answers) -> {
                    try (var first = OnnxTensor.createTensor(
                                    environment, FloatBuffer.wrap(photo), new long[] {1, 3, side, side});
                            var second = OnnxTensor.createTensor(
                                    environment, FloatBuffer.wrap(answers), new long[] {1, answers.length});
                            var result = session.run(Map.of("photo", first, "answers", second))) {
                        return ((float[][]) result.get(0).getValue())[0];
                    }
                },
                Path.of(arguments[1]));
    }
}
