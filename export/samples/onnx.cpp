// Runs a bundle's golden vectors with ONNX Runtime's C++ API, C++17: ./onnx BUNDLE. See `make samples` for how to compile it.
// In an app, pixels come from the camera instead of libpng; everything else stays as it is.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <onnxruntime_cxx_api.h>
#include <png.h>
#include <set>

// RGB, 0 to 255, one colour after the other: nothing is scaled, everything else happens inside the program.
std::vector<float> pixels(const std::string& path, size_t side) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  png_image_begin_read_from_file(&image, path.c_str());
  image.format = PNG_FORMAT_RGB;
  std::vector<png_byte> rgb(3 * side * side);
  png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr);
  if (image.width != side || image.height != side) throw std::runtime_error(path + " is not a photo for this program");
  std::vector<float> photo(rgb.size());
  for (size_t i = 0; i < side * side; i++) for (size_t c = 0; c < 3; c++) photo[c * side * side + i] = rgb[3 * i + c];
  return photo;
}

int main(int, char** argv) {
  const std::string bundle = std::string(argv[1]) + "/";
  const auto json = [&](const char* name) { return nlohmann::json::parse(std::ifstream(bundle + name)); };
  const auto contract = json("contract.json"), manifest = json("manifest.json"), golden = json("golden.json");
  const auto labels = contract["labels"].get<std::vector<std::string>>();
  const auto malignant = contract["malignant_labels"].get<std::set<std::string>>();
  const int64_t side = contract["image"]["side_px"], fields = contract["fields"].size(), classes = labels.size();

  // ONNX Runtime 1.29 and newer reports to its maker unless this is set before the first Ort::Env.
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);
  Ort::Env environment;
  Ort::Session session(environment, (bundle + manifest["program"].get<std::string>()).c_str(), Ort::SessionOptions{});
  const auto cpu = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const auto tensor = [&](std::vector<float>& values, const std::vector<int64_t>& shape) {
    return Ort::Value::CreateTensor<float>(cpu, values.data(), values.size(), shape.data(), shape.size());
  };
  const char *inputs[] = {"photo", "answers"}, *outputs[] = {"probabilities"};

  float worst = 0;
  for (const auto& vector : golden["vectors"]) {
    auto photo = pixels(bundle + vector["photo"].get<std::string>(), side);
    auto answers = vector["answers"].get<std::vector<float>>();  // contract["missing"] where unanswered
    const Ort::Value given[] = {tensor(photo, {1, 3, side, side}), tensor(answers, {1, fields})};
    const auto output = session.Run({}, inputs, given, 2, outputs, 1);
    const std::vector<float> said(output[0].GetTensorData<float>(), output[0].GetTensorData<float>() + classes);

    float score = 0, difference = 0;
    for (size_t i = 0; i < said.size(); i++) {
      if (malignant.count(labels[i])) score += said[i];
      difference = std::max(difference, std::abs(said[i] - vector["probabilities"][i].get<float>()));
    }
    const bool refer = score >= contract["refer"]["value"].get<float>();
    std::cout << nlohmann::json{{"probabilities", said}, {"refer", refer}, {"difference", difference}} << std::endl;
    worst = std::max(worst, difference);
  }
  return worst < 0.01 ? 0 : 1;
}
