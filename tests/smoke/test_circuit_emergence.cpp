// The program circuit_emergence from its command line to its report, with the recipe tiny.
#include <algorithm>
#include <cmath>
#include <map>

#include <doctest/doctest.h>

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
    return run_process(CIRCUIT_EMERGENCE, folder.path, std::move(arguments));
}

// Mean over seeds of a column of the held-out probes of x_even, by node, as the tables have it.
std::map<std::string, double> held_out_means(const fs::path& run, double width) {
    const lab::Table table = read_table(run / "probes.tsv");
    const auto widths = table.numbers("width"), steps = table.numbers("step");
    const auto accuracies = table.numbers("accuracy");
    const double last = *std::max_element(steps.begin(), steps.end());
    std::map<std::string, double> sums, counts;
    for (std::size_t i = 0; i < table.num_rows(); ++i) {
        if (widths[i] != width || steps[i] != last || table.texts("concept")[i] != "x_even" ||
            table.texts("control")[i] != "none" || table.texts("protocol")[i] != "held_out") {
            continue;
        }
        sums[table.texts("node")[i]] += accuracies[i];
        ++counts[table.texts("node")[i]];
    }
    for (auto& [node, sum] : sums) sum /= counts[node];
    return sums;
}

}  // namespace

TEST_CASE("recipe tiny leaves every table and figure, and figures show the probes of the tables") {
    TemporaryFolder folder;
    const ProcessResult result = start(folder, {"--recipe", "tiny", "--out", "run", "--quiet"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    const fs::path run = folder / "run";
    testing::check_has(run,
                       {"metrics.tsv", "probes.tsv", "probe_selectivity.tsv", "fourier_probes.tsv",
                        "erasure.tsv", "probe_summary.json", "summary.tsv", "by_width.tsv",
                        "emergence.tsv", "acceptance.tsv", "cost.tsv"},
                       {"probe_accuracy_vs_width", "selectivity_vs_width", "erasure_effect",
                        "probe_accuracy_vs_layer_width4", "probe_accuracy_vs_time_width8",
                        "concept_matrix_width4", "fourier_probe_width8"});
    testing::check_figures(run);
    CHECK(read_table(run / "summary.tsv").num_rows() == 4);
    CHECK(read_table(run / "acceptance.tsv").num_rows() == 0);
    const std::string report = slurp(run / "report.html");
    for (const char* text : {"The concept emerges in deeper layers", "random numbers",
                             "Training pairs are split off", "Contradictions"}) {
        CHECK_MESSAGE(contains(report, text), text);
    }
    // The held-out line of the figure by layer, against the means of probes.tsv.
    const std::map<std::string, double> means = held_out_means(run, 4);
    REQUIRE(means.size() == 6);
    const lab::Table drawn = read_table(run / "figures/probe_accuracy_vs_layer_width4.tsv");
    const auto y = drawn.numbers("y");
    for (const auto& row : means) {
        const double mean = row.second;
        INFO(row.first, ": ", mean);
        CHECK(std::any_of(y.begin(), y.end(),
                          [&](double drawn_mean) { return std::abs(drawn_mean - mean) < 1e-14; }));
    }
}

TEST_CASE("a stopped run goes on and ends with the bytes of an unbroken one") {
    TemporaryFolder folder;
    const auto with = [&](const std::vector<std::string>& more) {
        std::vector<std::string> all{"--recipe", "tiny", "--quiet"};
        all.insert(all.end(), more.begin(), more.end());
        return start(folder, all);
    };
    REQUIRE(with({"--out", "whole", "--threads", "1"}).code == 0);
    REQUIRE(with({"--out", "parts", "--threads", "1"}).code == 0);
    const fs::path parts = folder / "parts";
    fs::remove(parts / "DONE");
    fs::remove(parts / "checkpoints/width8-seed0/step-00000030.safetensors");
    const ProcessResult result = with({"--out", "parts", "--threads", "1", "--resume"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    testing::check_same_results(folder / "whole", parts);
}

TEST_CASE("a training that is not finite at step 0 fails with step and node, and has a report") {
    TemporaryFolder folder;
    const ProcessResult result = start(folder, {"--recipe", "tiny", "--init", "normal",
                                                "--init-sigma", "1e38", "--out", "run", "--quiet"});
    INFO(result.err);
    CHECK(result.code == 1);
    CHECK(contains(slurp(folder / "run/FAILED"), "diverged at step 0: the loss is "));
    CHECK(contains(slurp(folder / "run/FAILED"), "first not finite: "));
    CHECK(contains(slurp(folder / "run/report.html"), "The run failed: "));
}

TEST_CASE("a run on all pairs says that the probed ones were seen") {
    TemporaryFolder folder;
    const ProcessResult result =
        start(folder, {"--recipe", "tiny", "--train-fraction", "1", "--input", "raw", "--seeds",
                       "1", "--widths", "4", "--out", "run", "--quiet"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    const std::string report = slurp(folder / "run/report.html");
    CHECK(contains(report, "seen in training"));
    CHECK(contains(report, "no test pairs"));
    const lab::Table summary = read_table(folder / "run/summary.tsv");
    CHECK(summary.texts("best_test_accuracy")[0].empty());
}

TEST_CASE("settings that do not fit end with exit code 2 and a remedy, and leave no folder") {
    TemporaryFolder folder;
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"--widths", "0"}, "widths"},
        {{"--widths", "16", "--seeds", "0"}, "seeds"},
        {{"--width", "16"}, "widths"},
        {{"--probe-concepts", "x_evn"}, "x_even"}};
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

TEST_CASE("--force leaves what a user has put into the folder, and nothing of the run") {
    TemporaryFolder folder;
    REQUIRE(start(folder, {"--recipe", "tiny", "--out", "run", "--quiet"}).code == 0);
    testing::check_force(CIRCUIT_EMERGENCE, folder);
}
