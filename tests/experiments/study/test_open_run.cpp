// Run folders and checkpoints, opened to be measured: what is found, and every way to be refused.
#include "experiments/study/open_run.h"

#include <limits>

#include <doctest/doctest.h>

#include "experiments/lab/manifest.h"
#include "experiments/lab/safetensors.h"
#include "tests/support/lab.h"

namespace dualtape::study {

namespace {

namespace fs = std::filesystem;
using lab::contains;
using lab::refusal;
using lab::spit;
using lab::TemporaryFolder;

constexpr const char* kConfig =
    "seeds = [3, 8]\n[task]\np = 5\ntrain_fraction = 0.5\n"
    "[model]\ninput = \"one_hot\"\ndepths = [1, 2]\nwidth = 4\n";

void write_manifest(const fs::path& folder, const std::string& program) {
    lab::Manifest manifest;
    manifest.start({.program = program}, folder / "manifest.json", false);
    manifest.write("started", "", {});
}

// A run of grokking_hessian that has been started: depths 1 and 2, seeds 3 and 8.
void write_run(const fs::path& folder, const std::string& config = kConfig,
               const std::string& program = "grokking_hessian") {
    fs::create_directories(folder);
    spit(folder / "config.toml", config);
    write_manifest(folder, program);
}

// A file where a checkpoint of the training would be; what it holds does not matter here.
fs::path write_checkpoint(const fs::path& folder, const std::string& training, int step) {
    const std::string digits = std::to_string(step);
    const fs::path path = folder / "checkpoints" / training /
                          ("step-" + std::string(8 - digits.size(), '0') + digits + ".safetensors");
    fs::create_directories(path.parent_path());
    spit(path, "");
    return path;
}

std::vector<std::int64_t> steps_of(const TrainedNetwork& network) {
    std::vector<std::int64_t> steps;
    for (const lab::Checkpoint& checkpoint : network.checkpoints) steps.push_back(checkpoint.step);
    return steps;
}

std::string refused_place(const fs::path& place) {
    return refusal([&] { OpenedRun run(place); });
}

using Steps = std::vector<std::int64_t>;

// A matrix of 2 x 3 and a vector of 2: theta is a_00 a_10 a_01 a_11 a_02 a_12 b_0 b_1.
const std::vector<models::ParameterInfo> kParameters{
    {.name = "layers.0.weight", .rows = 2, .cols = 3, .is_vector = false},
    {.name = "layers.0.bias", .rows = 2, .cols = 1, .is_vector = true}};

template <class Scalar>
lab::TensorFile file_of(const Mat<Scalar>& weight, const std::vector<Scalar>& bias) {
    lab::TensorFile file;
    file.add_matrix<Scalar>("layers.0.weight", weight);
    file.add_vector<Scalar>("layers.0.bias", bias);
    file.where = "step-7.safetensors";
    return file;
}

Mat<double> weight_of_two_by_three() {
    Mat<double> weight(2, 3);
    weight << 1, 2, 3, 4, 5, 6.5;
    return weight;
}

std::string refused_file(const lab::TensorFile& file) {
    return refusal([&] { read_theta(file, kParameters); });
}

}  // namespace

TEST_CASE("a choice of checkpoints is all, the last, or a number of the last ones") {
    const std::vector<lab::Checkpoint> all{{0, "a"}, {10, "b"}, {20, "c"}};
    const auto chosen = [&](const char* word) {
        return steps_of({{}, CheckpointChoice(word).apply(all)});
    };
    CHECK(chosen("all") == Steps{0, 10, 20});
    CHECK(chosen("last") == Steps{20});
    CHECK(chosen("1") == Steps{20});
    CHECK(chosen("2") == Steps{10, 20});
    CHECK(chosen("9") == Steps{0, 10, 20});
    CHECK(CheckpointChoice("last").apply({}).empty());
    for (const char* word : {"0", "-1", "1.5", "some", "", "All", "2 3", "99999999999999999999"}) {
        CHECK(refusal([&] { CheckpointChoice choice(word); }) ==
              "--checkpoints " + std::string(word) + ": is no choice of checkpoints | " +
                  "write all, last, or how many of the last ones");
    }
}

TEST_CASE("a run folder gives its settings and its trainings with checkpoints, oldest first") {
    const TemporaryFolder folder;
    write_run(folder.path);
    for (const int step : {100, 0, 20}) write_checkpoint(folder.path, "depth2-seed8", step);
    write_checkpoint(folder.path, "depth1-seed3", 5);
    spit(folder / "checkpoints/depth2-seed8/curvature-00000100.safetensors", "");
    const OpenedRun run(folder.path);
    CHECK(run.folder() == folder.path);
    CHECK(run.program() == "grokking_hessian");
    CHECK_FALSE(run.is_single());
    CHECK(run.options().find("width")->text_value() == "4");
    CHECK(run.setup().trainings().size() == 4);

    const std::vector<TrainedNetwork> trained = run.trained(CheckpointChoice("all"));
    REQUIRE(trained.size() == 2);  // two trainings have no checkpoint yet
    CHECK(trained[0].training.name == "depth1-seed3");
    CHECK(steps_of(trained[0]) == Steps{5});
    CHECK(trained[1].training.name == "depth2-seed8");
    CHECK(trained[1].training.seed == 8);
    CHECK(trained[1].training.columns() == lab::Labels{{"depth", "2"}, {"seed", "8"}});
    CHECK(steps_of(trained[1]) == Steps{0, 20, 100});
    CHECK(steps_of(run.trained(CheckpointChoice("last"))[1]) == Steps{100});

    // The network is that of the settings: one hot pair of 5, 4 hidden features, 5 classes.
    const auto net = run.setup().classifier<double>(trained[0].training);
    CHECK(net->parameters()[0].rows == 4);
    CHECK(net->parameters()[0].cols == 10);
    CHECK(net->samples(study::Part::train) == 12);
}

TEST_CASE("a checkpoint below a run folder is opened by itself, by any path to it") {
    const TemporaryFolder folder;
    write_run(folder / "run");
    write_checkpoint(folder / "run", "depth1-seed3", 10);
    const fs::path wanted = write_checkpoint(folder / "run", "depth2-seed3", 10);
    write_checkpoint(folder / "run", "depth2-seed3", 20);
    for (const fs::path& path :
         {wanted, fs::relative(wanted),
          folder / "run/checkpoints/../checkpoints/depth2-seed3" / wanted.filename()}) {
        INFO(path.string());
        const OpenedRun run(path);
        CHECK(run.is_single());
        CHECK(fs::equivalent(run.folder(), folder / "run"));
        // The choice is for folders.
        const std::vector<TrainedNetwork> trained = run.trained(CheckpointChoice("all"));
        REQUIRE(trained.size() == 1);
        CHECK(trained[0].training.name == "depth2-seed3");
        CHECK(steps_of(trained[0]) == Steps{10});
    }
}

TEST_CASE("places that are no run are refused by name, with a remedy") {
    const TemporaryFolder folder;
    const std::string at = folder.path.string();
    CHECK(refused_place(folder / "runn") == at + "/runn: there is no such file or folder | "
                                                 "give a run folder or a checkpoint of one");
    CHECK(refused_place(folder.path) == at + ": is no run folder: config.toml is missing | "
                                             "give the folder that an experiment has written");
    spit(folder / "alone.safetensors", "");
    CHECK(refused_place(folder / "alone.safetensors") ==
          at + "/alone.safetensors: lies in no run folder, so its model is not known | "
               "give a checkpoint where the run has written it, below a config.toml");

    spit(folder / "config.toml", kConfig);
    const std::string no_manifest =
        at +
        "/manifest.json: is missing or no manifest, and config.toml is that of no experiment | "
        "give the folder that an experiment has written";
    CHECK(refused_place(folder.path) == no_manifest);
    for (const char* text : {"", "{", "[]", "{\"program\": \"grokking_hessian\"}"}) {
        spit(folder / "manifest.json", text);
        CHECK(refused_place(folder.path) == no_manifest);
    }
    write_manifest(folder.path, "groking_hessian");
    CHECK(refused_place(folder.path) ==
          "\"groking_hessian\" is no experiment of this version | known are grokking_hessian, "
          "circuit_emergence, modular_addition");
    write_manifest(folder.path, "grokking_hessian");
    CHECK(refused_place(folder.path) == "accepted");
}

TEST_CASE("settings that this version does not know, or that do not fit, are named by their line") {
    const TemporaryFolder folder;
    const std::string config = (folder / "config.toml").string();
    const auto refused = [&](const std::string& text) {
        write_run(folder.path, text);
        return refused_place(folder.path);
    };
    CHECK(contains(refused("[model]\nwidht = 4\n"),
                   config + ":2: unknown key \"widht\" in [model] | did you mean \"width\"?"));
    CHECK(contains(refused("[modle]\nwidth = 4\n"), config + ":1: unknown section [modle]"));
    CHECK(contains(refused("[task]\nwidth = 4\n"), "move it to [model]"));
    CHECK(contains(refused("[model]\nwidth = 0\n"), config + ":2: width = 0: must be 1 to 65536"));
    CHECK(contains(refused("[model\n"), config + ":1"));
    // Rules between settings are checked as well.
    CHECK(contains(refused("[curvature]\ncurvature = [\"top=1\"]\n"), "bottom=K is missing"));
}

TEST_CASE("checkpoints of no training of the run, and runs without one, are refused") {
    const TemporaryFolder folder;
    write_run(folder.path);
    const auto refused = [&](const fs::path& place) {
        return refusal([&] { OpenedRun(place).trained(CheckpointChoice("all")); });
    };
    CHECK(refused(folder.path) == folder.path.string() +
                                      ": holds no checkpoint yet | "
                                      "let the run reach its first visit");
    const fs::path other = write_checkpoint(folder.path, "depth7-seed3", 10);
    CHECK(refused(folder.path) == folder.path.string() +
                                      ": holds no checkpoint yet | "
                                      "let the run reach its first visit");
    const fs::path data = folder / "data.safetensors";
    spit(data, "");
    for (const fs::path& path : {other, data}) {
        CHECK(refused(path) ==
              path.string() + ": is no checkpoint of a training of " + folder.path.string() +
                  " | checkpoints are called checkpoints/<training>/step-N.safetensors");
    }
}

TEST_CASE("theta is read in the order of the parameters, from either precision") {
    const Mat<double> weight = weight_of_two_by_three();
    Vec<double> expected(8);
    expected << 1, 4, 2, 5, 3, 6.5, -1, 0.25;
    CHECK(read_theta(file_of<double>(weight, {-1, 0.25}), kParameters) == expected);
    CHECK(read_theta(file_of<float>(weight.cast<float>(), {-1, 0.25}), kParameters) == expected);
    // Other tensors, such as the state of an optimiser, do not matter.
    lab::TensorFile file = file_of<double>(weight, {-1, 0.25});
    file.add_number<std::int64_t>("optimiser.steps", 3);
    CHECK(read_theta(file, kParameters) == expected);
    CHECK(read_theta(file, {}).size() == 0);
}

TEST_CASE("a file that misses a parameter, or holds another shape or no numbers, is refused") {
    const Mat<double> weight = weight_of_two_by_three();
    const double nan = std::numeric_limits<double>::quiet_NaN();

    lab::TensorFile without_bias, without_weight;
    without_bias.where = without_weight.where = "step-7.safetensors";
    without_bias.add_matrix<double>("layers.0.weight", weight);
    CHECK(contains(refused_file(without_bias), "step-7.safetensors: no tensor \"layers.0.bias\""));
    without_weight.add_vector<double>("layers.0.bias", std::vector<double>{1, 2});
    CHECK(contains(refused_file(without_weight),
                   "step-7.safetensors: no tensor \"layers.0.weight\""));

    const std::string other_model =
        " has not the shape of this model | "
        "the file belongs to a model of another depth or width";
    CHECK(refused_file(file_of<double>(weight.transpose(), {1, 2})) ==
          "step-7.safetensors: layers.0.weight" + other_model);
    CHECK(refused_file(file_of<float>(weight.cast<float>(), {1, 2, 3})) ==
          "step-7.safetensors: layers.0.bias" + other_model);
    lab::TensorFile flat;
    flat.where = "step-7.safetensors";
    flat.add_vector<double>("layers.0.weight", std::vector<double>(6, 1.0));
    CHECK(refused_file(flat) == "step-7.safetensors: layers.0.weight" + other_model);

    const std::string not_finite =
        " holds numbers that are not finite | give a file of finite numbers";
    CHECK(refused_file(file_of<double>(weight, {1, nan})) ==
          "step-7.safetensors: layers.0.bias" + not_finite);
    Mat<float> broken = weight.cast<float>();
    broken(1, 2) = std::numeric_limits<float>::infinity();
    CHECK(refused_file(file_of<float>(broken, {1, 2})) ==
          "step-7.safetensors: layers.0.weight" + not_finite);

    lab::TensorFile whole;
    whole.where = "step-7.safetensors";
    whole.add_matrix<double>("layers.0.weight", weight);
    whole.add_vector<std::int32_t>("layers.0.bias", std::vector<std::int32_t>{1, 2});
    CHECK(refused_file(whole) ==
          "step-7.safetensors: layers.0.bias holds whole numbers | store it as F32 or F64");
}

TEST_CASE("every parameter may have its own precision") {
    const Mat<double> weight = weight_of_two_by_three();
    const Vec<double> expected = read_theta(file_of<double>(weight, {-1, 0.25}), kParameters);
    lab::TensorFile single, wide;
    single.add_matrix<float>("layers.0.weight", weight.cast<float>());
    single.add_vector<double>("layers.0.bias", std::vector<double>{-1, 0.25});
    wide.add_matrix<double>("layers.0.weight", weight);
    wide.add_vector<float>("layers.0.bias", std::vector<float>{-1, 0.25});
    CHECK(read_theta(single, kParameters) == expected);
    CHECK(read_theta(wide, kParameters) == expected);
}

TEST_CASE("a checkpoint under the name of another step is no checkpoint of that step") {
    const TemporaryFolder folder;
    const fs::path path = folder / "step-00000020.safetensors";
    lab::TensorFile file = file_of<double>(weight_of_two_by_three(), {-1, 0.25});
    file.metadata["step"] = "20";
    lab::write_tensors(path, file);
    const auto refused = [&](std::int64_t step) {
        return refusal([&] { read_theta(lab::Checkpoint{step, path}, kParameters); });
    };
    CHECK(refused(20) == "accepted");
    CHECK(
        contains(refused(30), path.string() + ": is the checkpoint of step 20 under another name"));
}

TEST_CASE("a run that has lost its manifest is known by its settings") {
    const TemporaryFolder folder;
    for (const std::string& program : programs()) {
        const std::unique_ptr<Setup> setup = make_setup(program);
        lab::Options options;
        setup->add_options(options);
        spit(folder / "config.toml", options.to_toml());
        CHECK(OpenedRun(folder.path).program() == program);
    }
}

}  // namespace dualtape::study
