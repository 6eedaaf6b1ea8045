// dualtape fourier from its command line to its tables and report, on a tiny run.
#include <doctest/doctest.h>

#include "experiments/lab/table.h"
#include "tests/tools/tool.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::testing;
using lab::contains;
using lab::slurp;
using lab::TemporaryFolder;

TEST_CASE("fourier measures every training of a run, for any number of threads") {
    TemporaryFolder folder;
    make_run(folder);
    const auto measure = [&](const char* out, const char* threads) {
        const Result result =
            tool(folder, {"fourier", "run", "--checkpoints", "all", "--fourier-permutations", "19",
                          "--out", out, "--threads", threads, "--quiet"});
        INFO(result.err);
        REQUIRE(result.code == 0);
        CHECK(result.out == std::string(out) + "/report.html\n");
    };
    measure("one", "1");
    measure("two", "2");
    for (const char* name : {"progress", "frequencies", "neurons", "correlations", "summary"}) {
        const std::string file = std::string("fourier_") + name + ".tsv";
        CHECK_MESSAGE(slurp(folder / "one" / file) == slurp(folder / "two" / file), name);
    }
    const lab::Table frequencies = lab::read_table(folder / "one/fourier_frequencies.tsv");
    CHECK(frequencies.columns[0] == "depth");
    CHECK(frequencies.num_rows() == 2 * 5);  // two trainings, p = 11
    // Losses are those that the run has logged, in double instead of float.
    const lab::Table progress = lab::read_table(folder / "one/fourier_progress.tsv");
    const lab::Table metrics = lab::read_table(folder / "run/metrics.tsv");
    int compared = 0;
    for (std::size_t i = 0; i < progress.num_rows(); ++i) {
        for (std::size_t j = 0; j < metrics.num_rows(); ++j) {
            if (metrics.numbers("step")[j] != progress.numbers("step")[i] ||
                metrics.numbers("depth")[j] != progress.numbers("depth")[i]) {
                continue;
            }
            CHECK(progress.numbers("train_loss")[i] ==
                  doctest::Approx(metrics.numbers("train_loss")[j]).epsilon(1e-5));
            CHECK(progress.numbers("test_accuracy")[i] ==
                  doctest::Approx(metrics.numbers("test_accuracy")[j]));
            ++compared;
        }
    }
    CHECK(compared >= 4);
    const std::string report = slurp(folder / "one/report.html");
    CHECK(contains(report, "Which frequencies does the network compute with?"));
    CHECK(contains(report, "Key frequencies and neurons"));
    CHECK(contains(tool(folder, {"fourier", "run", "--out", "one"}).err, "holds results already"));
}

TEST_CASE("options of fourier that do not fit are refused before anything is written") {
    TemporaryFolder folder;
    make_run(folder);
    const auto refuse = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"fourier", "run", "--out", "x"});
        const Result result = tool(folder, more);
        CHECK(result.code == 2);
        CHECK_FALSE(fs::exists(folder / "x"));
        return result.err;
    };
    // The training of depth 1 has no second layer.
    CHECK(contains(refuse({"--fourier-node", "layers.1.post"}), "is no hidden node"));
    CHECK(contains(refuse({"--key-rule", "neuron"}), "key-rule"));
    CHECK(contains(refuse({"--fve-threshold", "0"}), "fve-threshold"));
    CHECK(contains(refuse({"--combination", "product"}), "combination"));
    CHECK(contains(refuse({"--floor-level", "1"}), "floor-level"));
}

TEST_CASE("trainings that stand at different steps are said to") {
    TemporaryFolder folder;
    make_run(folder);
    const auto warnings = [&] {
        const Result result =
            tool(folder, {"fourier", "run", "--fourier-permutations", "19", "--force", "--quiet"});
        CHECK(result.code == 0);
        return result.err;
    };
    CHECK_FALSE(contains(warnings(), "different steps"));
    fs::remove(folder / kCheckpoint);
    CHECK(contains(warnings(), "different steps, depth2-seed0 at 30 and depth1-seed0 at 40"));
    CHECK(contains(slurp(folder / "run/fourier/report.html"), "different steps"));
}
