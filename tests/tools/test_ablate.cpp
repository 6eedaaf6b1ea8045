// dualtape ablate from its command line to its tables and report, on a tiny run.
#include <doctest/doctest.h>

#include "experiments/analyses/ablation/ablation_tables.h"
#include "experiments/report/table_slice.h"
#include "tests/tools/tool.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::testing;
using lab::contains;
using lab::slurp;
using lab::TemporaryFolder;
using report::TableSlice;

namespace {

void make_embedding_run(const TemporaryFolder& folder) {
    const Result run =
        run_process(MODULAR_ADDITION, folder.path,
                    {"--recipe", "tiny", "--out", "run", "--quiet", "--threads", "2"});
    INFO(run.err);
    REQUIRE(run.code == 0);
}

const std::vector<std::string> kQuick{
    "--ablation-draws", "2", "--ablation-bootstrap", "50", "--ablation-orders", "5", "--quiet"};

Result ablate(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ablate");
    arguments.insert(arguments.end(), kQuick.begin(), kQuick.end());
    return tool(folder, std::move(arguments));
}

}  // namespace

TEST_CASE("ablate writes every table and a report, the same for any number of threads") {
    TemporaryFolder folder;
    make_embedding_run(folder);
    for (const char* threads : {"1", "3"}) {
        const Result result =
            ablate(folder, {"run", "--checkpoints", "3", "--out", threads, "--threads", threads});
        INFO(result.err);
        REQUIRE(result.code == 0);
        CHECK(result.out == std::string(threads) + "/report.html\n");
    }
    for (const std::string& table : analyses::ablation_tables()) {
        CHECK_MESSAGE(fs::exists(folder / "1" / table), table);
        CHECK_MESSAGE(slurp(folder / "1" / table) == slurp(folder / "3" / table), table);
    }
    // The clean network is the one that the run has measured.
    const TableSlice metrics = TableSlice(folder / "run/metrics.tsv").at_last_step();
    const TableSlice summary = TableSlice(folder / "1/ablation_summary.tsv");
    CHECK(report::distinct(summary.texts("step")).size() == 3);
    const TableSlice last = summary.at_last_step();
    for (const std::string part : {"test", "train"}) {
        CHECK(last.where("fact", "clean_loss").where("part", part).first_number("value") ==
              doctest::Approx(metrics.first_number((part + "_loss").c_str())).epsilon(1e-5));
    }
    const std::string report = slurp(folder / "1/report.html");
    CHECK(contains(report, "What is lost without units"));
    CHECK(contains(report, "Minimal circuits"));
    CHECK(contains(report, "dualtape ablate run --ablation-draws 2"));
}

TEST_CASE("one checkpoint and another node, and requests that do not fit") {
    TemporaryFolder folder;
    make_embedding_run(folder);
    const std::string checkpoint = "run/checkpoints/seed0/step-00000100.safetensors";
    const Result input = ablate(folder, {checkpoint, "--ablation-node", "input"});
    INFO(input.err);
    REQUIRE(input.code == 0);
    CHECK(contains(input.err, "input is not read out linearly"));
    const fs::path out = folder / "run/ablate-seed0-step-00000100";
    CHECK(TableSlice(out / "neurons.tsv").size() == 8);
    CHECK_FALSE(fs::exists(out / "minimal_circuit.tsv"));

    const auto refuse = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"run", "--out", "x"});
        const Result result = ablate(folder, std::move(more));
        CHECK(result.code == 2);
        CHECK_FALSE(fs::exists(folder / "x"));
        return result.err;
    };
    CHECK(contains(refuse({"--ablation-node", "layer.0.post"}), "did you mean layers.0.post?"));
    CHECK(contains(refuse({"--ablation-neurons", "3,16"}), "layers.0.post has 16 units"));
    CHECK(contains(refuse({"--ablation-modes", "zeros"}), "zero"));
    CHECK(contains(refuse({"--importance", "magnitude"}), "mean_magnitude"));
}
