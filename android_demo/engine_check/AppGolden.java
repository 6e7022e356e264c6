import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.skinedge.app.ExecuTorchEngine;
import org.skinedge.core.Contract;

/** The app's own engine. Arguments: the `.pte`, the list of vectors; `contract.json` lies beside the program. */
public final class AppGolden {
    public static void main(String[] arguments) throws Exception {
        File program = new File(arguments[0]);
        Contract contract = Contract.Companion.parse(Files.readAllBytes(program.toPath().resolveSibling("contract.json")));
        ExecuTorchEngine engine = new ExecuTorchEngine(program, contract, 1);
        Golden.run((photo, side, answers) -> engine.run(photo, answers), Path.of(arguments[1]));
    }
}
