import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Runs a program on photos and answers, and prints what it says: one line a vector, one number a label. */
final class Golden {
    /** A loaded program: raw pixels (3 x side x side, 0..255) and raw answers in, probabilities out. */
    interface Program {
        float[] probabilities(float[] photo, int sidePixels, float[] answers) throws Exception;
    }

    private Golden() {}

    /** Reads lines of `photo.png answer answer …`, runs each, and prints the probabilities with all their digits. */
    static void run(Program program, Path vectors) throws Exception {
        List<String> lines = Files.readAllLines(vectors);
        for (String line : lines) {
            String[] words = line.split(" ");
            var image = ImageIO.read(new File(words[0]));
            int side = image.getWidth();
            float[] photo = new float[3 * side * side];
            int[] pixels = image.getRGB(0, 0, side, side, null, 0, side);
            for (int i = 0; i < pixels.length; i++) {
                photo[i] = pixels[i] >> 16 & 255;
                photo[pixels.length + i] = pixels[i] >> 8 & 255;
                photo[2 * pixels.length + i] = pixels[i] & 255;
            }
            float[] answers = new float[words.length - 1];
            for (int i = 0; i < answers.length; i++) answers[i] = Float.parseFloat(words[i + 1]);
            long start = System.nanoTime();
            float[] probabilities = program.probabilities(photo, side, answers);
            System.err.printf("%s: %.2f s%n", new File(words[0]).getName(), (System.nanoTime() - start) / 1e9);
            StringBuilder row = new StringBuilder("probabilities");
            for (float value : probabilities) row.append(' ').append(value);
            System.out.println(row);
        }
        System.out.flush();
        // Not exit(): what a library does at its end waits for ever under QEMU, and a phone ends an app without it, too.
        Runtime.getRuntime().halt(0);
    }
}
