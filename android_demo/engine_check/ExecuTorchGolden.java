import java.nio.file.Path;
import org.pytorch.executorch.EValue;
import org.pytorch.executorch.Module;
import org.pytorch.executorch.Tensor;

/** Arguments: the `.pte`, the list of vectors. */
public final class ExecuTorchGolden {
    public static void main(String[] arguments) throws Exception {
        Module module = Module.load(arguments[0]);
        Golden.run(
                (photo, side, answers) -> module.forward(
                                EValue.from(Tensor.fromBlob(photo, new long[] {1, 3, side, side})),
                                EValue.from(Tensor.fromBlob(answers, new long[] {1, answers.length})))[0]
                        .toTensor()
                        .getDataAsFloatArray(),
                Path.of(arguments[1]));
    }
}
