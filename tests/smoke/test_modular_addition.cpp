// The program modular_addition from its command line to its report, with the recipe tiny.
#include <algorithm>

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "experiments/lab/table.h"
#include "tests/support/lab.h"
#include "tests/support/process.h"
#include "tests/support/runs.h"

namespace fs = std::filesystem;
using namespace dualtape;
using lab::contains;
using lab::read_table;
using lab::slurp;
using lab::TemporaryFolder;

namespace {

ProcessResult start(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    return run_process(MODULAR_ADDITION, folder.path, std::move(arguments));
}

}  // namespace

TEST_CASE(
    "recipe tiny leaves every table and figure, and its summary has the numbers of the tables") {
    TemporaryFolder folder;
    const ProcessResult result = start(folder, {"--recipe", "tiny", "--out", "run", "--quiet"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    const fs::path run = folder / "run";
    testing::check_has(
        run,
        {"metrics.tsv", "summary.tsv", "jumps.tsv", "over_seeds.tsv", "acceptance.tsv", "cost.tsv",
         "fourier_progress.tsv", "fourier_frequencies.tsv", "fourier_neurons.tsv",
         "fourier_correlations.tsv", "fourier_summary.tsv", "ablation_summary.tsv", "neurons.tsv",
         "ablation_single.tsv", "ablation_curves.tsv", "ablation_pairs.tsv",
         "ablation_clusters.tsv", "minimal_circuit.tsv", "activation_maps.tsv"},
        {"training_curves", "activation_heatmap", "activation_vs_sum", "neuron_importance",
         "ablation_curves", "ablation_single", "embedding_fourier", "neuron_frequency",
         "progress_measures"});
    testing::check_figures(run);
    const auto summary = nlohmann::json::parse(slurp(run / "analysis_summary.json"));
    const lab::Table neurons = read_table(run / "neurons.tsv");
    REQUIRE(summary["neuron_importance"].size() == neurons.num_rows());
    const auto units = neurons.numbers("unit"), ranks = neurons.numbers("rank");
    const auto importance = neurons.numbers("importance");
    for (std::size_t i = 0; i < units.size(); ++i) {
        CHECK(summary["neuron_importance"][static_cast<std::size_t>(units[i])] == importance[i]);
        if (ranks[i] == 1) CHECK(summary["top_neurons"][0] == units[i]);
    }
    const lab::Table single = read_table(run / "ablation_single.tsv");
    CHECK(summary["interventions"].size() == single.num_rows());
    const auto changes = single.numbers("accuracy_change");
    CHECK(summary["interventions"][3]["impact"].get<double>() ==
          doctest::Approx(-changes[3]).epsilon(1e-12));
    for (const auto& of : summary["fourier_components"]) {
        CHECK(std::abs(of["max_corr"].get<double>()) <= 1);
    }
}

TEST_CASE("the report of a training that diverged says so first") {
    TemporaryFolder folder;
    const ProcessResult result =
        start(folder, {"--recipe", "tiny", "--learning-rate", "1e6", "--out", "run", "--quiet"});
    CHECK(result.code == 1);
    CHECK(fs::exists(folder / "run/FAILED"));
    const std::string report = slurp(folder / "run/report.html");
    CHECK(contains(report, "The run failed: seed0 diverged at step"));
    CHECK(contains(report, "the run failed: seed0 diverged at step"));
}

TEST_CASE("a training that is not finite at step 0 fails with step and node, and has a report") {
    TemporaryFolder folder;
    const ProcessResult result = start(folder, {"--recipe", "tiny", "--init", "normal",
                                                "--init-sigma", "1e30", "--out", "run", "--quiet"});
    INFO(result.err);
    CHECK(result.code == 1);
    for (const std::string& text : {result.err, slurp(folder / "run/FAILED")}) {
        CHECK(contains(text, "seed0 diverged at step 0: the loss is "));
        CHECK(contains(text, "smaller initial weights may help"));
        CHECK(contains(text, "first not finite: "));
    }
    CHECK(contains(slurp(folder / "run/report.html"), "The run failed: seed0 diverged at step 0"));
    CHECK(result.out == "run/report.html\n");
    // What diverged at once diverges again.
    CHECK(start(folder, {"--resume", "--out", "run", "--quiet"}).code == 1);
}

TEST_CASE("label noise is learned against the true labels, and logged against both") {
    TemporaryFolder folder;
    const ProcessResult result =
        start(folder, {"--recipe", "tiny", "--label-noise", "0.2", "--steps", "600", "--log-every",
                       "100", "--width", "64", "--out", "run", "--quiet"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    const lab::Table noise = read_table(folder / "run/noise.tsv");
    CHECK(noise.columns ==
          std::vector<std::string>{"seed", "step", "noisy_accuracy", "true_accuracy"});
    CHECK(noise.num_rows() == 7);
    // What is trained on is fitted in the end, and no pair has two answers.
    const double wrong = noise.numbers("noisy_accuracy").back();
    CHECK(wrong > 0.5);
    CHECK(wrong + noise.numbers("true_accuracy").back() <= 1);
}

TEST_CASE("operand noise changes the training and neither its data nor its thread invariance") {
    TemporaryFolder folder;
    for (const char* input : {"raw", "one_hot", "embedding"}) {
        const auto run = [&](const std::string& name, const char* noise, const char* threads) {
            const ProcessResult result =
                start(folder, {"--recipe", "tiny", "--input", input, "--operand-noise", noise,
                               "--threads", threads, "--out", name + input, "--quiet"});
            INFO(result.err);
            REQUIRE(result.code == 0);
        };
        run("plain", "0", "1");
        run("noisy", "0.1", "1");
        run("again", "0.1", "2");
        const auto file = [&](const std::string& name, const char* of) {
            return slurp(folder / (name + input) / of);
        };
        CHECK(file("noisy", "metrics.tsv") != file("plain", "metrics.tsv"));
        CHECK(file("noisy", "metrics.tsv") == file("again", "metrics.tsv"));
        CHECK(file("noisy", "data.safetensors") == file("plain", "data.safetensors"));
    }
}

TEST_CASE("a stopped run goes on and ends with the bytes of an unbroken one") {
    TemporaryFolder folder;
    const std::vector<std::string> tiny{"--recipe", "tiny", "--operand-noise", "0.1", "--quiet"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), tiny.begin(), tiny.end());
        return start(folder, more);
    };
    REQUIRE(with({"--out", "whole"}).code == 0);
    REQUIRE(with({"--out", "parts"}).code == 0);
    // As if it had been killed after the checkpoint of step 40.
    const fs::path parts = folder / "parts";
    fs::remove(parts / "DONE");
    for (const auto& entry : fs::directory_iterator(parts / "checkpoints/seed0")) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("step-") && name > "step-00000040.safetensors") fs::remove(entry);
    }
    const ProcessResult result = with({"--out", "parts", "--resume"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    testing::check_same_results(folder / "whole", parts);
}

TEST_CASE("settings that do not fit end with exit code 2 and a remedy, and leave no folder") {
    TemporaryFolder folder;
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"--batch-size", "1000"}, "choose 0 for all of them"},
        {{"--label-noise", "1.5"}, "label_noise"},
        {{"--operation", "ad"}, "add"},
        {{"--operation", "mix", "--p", "12"}, "use a prime"},
        {{"--checkpoints", "-1"}, "checkpoints"}};
    for (const auto& [arguments, text] : cases) {
        std::vector<std::string> all{"--recipe", "tiny", "--out", "run"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const ProcessResult result = start(folder, all);
        INFO(result.err);
        CHECK(result.code == 2);
        CHECK(contains(result.err, text));
        CHECK_FALSE(fs::exists(folder / "run/DONE"));
    }
}

TEST_CASE("without curvature a run has no table of it, and whatever is asked of it is there") {
    TemporaryFolder folder;
    for (const char* words : {"", "top=0", "trace", "ggn", "density"}) {
        INFO(words);
        const ProcessResult result = start(folder, {"--recipe", "tiny", "--curvature", words,
                                                    "--out", "run", "--force", "--quiet"});
        INFO(result.err);
        CHECK(result.code == 0);
        CHECK(fs::exists(folder / "run/curvature.tsv") == !std::string(words).empty());
    }
}

TEST_CASE("--force leaves what a user has put into the folder, and nothing of the run") {
    TemporaryFolder folder;
    REQUIRE(start(folder, {"--recipe", "tiny", "--out", "run", "--quiet"}).code == 0);
    testing::check_force(MODULAR_ADDITION, folder);
}
