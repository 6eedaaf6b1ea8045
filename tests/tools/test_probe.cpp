// dualtape probe from its command line to its tables and report, on a tiny run.
#include <doctest/doctest.h>

#include "experiments/lab/table.h"
#include "tests/tools/tool.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::testing;
using lab::contains;
using lab::slurp;
using lab::TemporaryFolder;

TEST_CASE("probe measures every training of a run, for any number of threads") {
    TemporaryFolder folder;
    make_run(folder);
    const auto measure = [&](const char* out, const char* threads) {
        const Result result = tool(
            folder, {"probe", "run", "--checkpoints", "2", "--probe-concepts", "x_even,sum_is_zero",
                     "--probe-permutations", "3", "--out", out, "--threads", threads, "--quiet"});
        INFO(result.err);
        REQUIRE(result.code == 0);
        CHECK(result.out == std::string(out) + "/report.html\n");
    };
    measure("one", "1");
    measure("two", "2");
    for (const char* name : {"probes", "probe_selectivity", "fourier_probes", "erasure"}) {
        const std::string file = std::string(name) + ".tsv";
        CHECK_MESSAGE(slurp(folder / "one" / file) == slurp(folder / "two" / file), name);
    }
    const lab::Table phases = lab::read_table(folder / "one/fourier_probes.tsv");
    CHECK(phases.columns[0] == "depth");
    // Nodes of depth 1 and 2, two checkpoints, x and the sum, p = 11.
    CHECK(phases.num_rows() == (4 + 6) * 2 * 2 * 5);
    CHECK(contains(slurp(folder / "one/report.html"), "Selectivity"));

    // A checkpoint alone; results that are there are not replaced unasked.
    const Result one = tool(folder, {"probe", kCheckpoint, "--probe-fourier", "y", "--quiet"});
    INFO(one.err);
    CHECK(one.code == 0);
    CHECK(fs::exists(folder / "run/probe-depth2-seed0-step-00000040/probes.tsv"));
    CHECK(contains(tool(folder, {"probe", "run", "--out", "one"}).err, "holds results already"));
}

TEST_CASE("reports of probes say which training, and that literal probes stop early") {
    TemporaryFolder folder;
    make_run(folder);
    const auto report = [&](const std::string& iterations) {
        const Result result =
            tool(folder, {"probe", "run", "--probe-concepts", "x_high", "--probe-permutations", "0",
                          "--probe-control-task", "false", "--probe-literal-iterations", iterations,
                          "--out", "at-most-" + iterations, "--quiet"});
        INFO(result.err);
        REQUIRE(result.code == 0);
        return slurp(folder / ("at-most-" + iterations) / "report.html");
    };
    const std::string one = report("1"), many = report("100000");
    // Ten nodes of the two depths, the input being the same.
    CHECK(contains(one, "10 of 10 literal probes stop before they converge"));
    CHECK_FALSE(contains(many, "stop before they converge"));
#ifdef DUALTAPE_FIGURES
    CHECK(contains(one, "Depth 1: How well ridge regression reads"));
    CHECK(contains(one, "Depth 2: How well ridge regression reads"));
#endif
}

TEST_CASE("probe refuses what does not fit the network, and writes nothing") {
    TemporaryFolder folder;
    make_run(folder);
    struct Case {
        std::vector<std::string> options;
        const char* message;
    };
    const Case cases[] = {
        {{"--probe-nodes", "layers.0.pst"}, "did you mean \"layers.0.post\"?"},
        {{"--probe-concepts", "x_evne"}, "did you mean \"x_even\"?"},
        {{"--probe-concepts", "fourier_phase_x_1"}, "--probe-fourier"},
        {{"--probe-part", "tests"}, "probe"},
        {{"--probe-folds", "1"}, "folds"},
        {{"--probe-penalties", "0"}, "penalties"},
        {{"--probe-folds", "1000"}, "too few for so many"},
    };
    for (const Case& one : cases) {
        std::vector<std::string> arguments{"probe", "run", "--out", "results"};
        arguments.insert(arguments.end(), one.options.begin(), one.options.end());
        const Result result = tool(folder, arguments);
        INFO(result.err);
        CHECK(result.code == 2);
        CHECK(contains(result.err, one.message));
        CHECK_FALSE(fs::exists(folder / "results"));
    }
}
