// What dualtape spectrum measures: a folder for each matrix, subsets of the samples, some
// parameters.
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "experiments/lab/table.h"
#include "tests/tools/tool.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::testing;
using lab::contains;
using lab::slurp;
using lab::TemporaryFolder;

TEST_CASE("each matrix has a folder of its own below the run") {
    TemporaryFolder folder;
    make_run(folder);
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"run"}, "run/spectrum-hessian"},
        {{"run", "--operator", "ggn"}, "run/spectrum-ggn"},
        {{"run", "--block-by", "layer"}, "run/spectrum-hessian-by-layer"},
        {{"run", "--only", "layers.0.weight[0:4],layers.1"},
         "run/spectrum-hessian-only-layers.0.weight_0-4+layers.1"},
        {{"run", "--only", "layers.0.weight[3]"}, "run/spectrum-hessian-only-layers.0.weight_3"},
        {{"run", "--part", "test"}, "run/spectrum-hessian-test"},
        {{kCheckpoint}, "run/spectrum-hessian-depth2-seed0-step-00000040"}};
    for (const auto& [more, expected] : cases) {
        std::vector<std::string> arguments{"spectrum", "--top", "1", "--bottom", "0", "--quiet"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Result result = tool(folder, arguments);
        INFO(result.err);
        CHECK(result.code == 0);
        CHECK(result.out.ends_with(std::string(expected) + "/report.html\n"));
        CHECK(fs::exists(folder / expected / "report.html"));
    }
    CHECK(contains(tool(folder, {"spectrum", "run"}).err, "holds results already"));
}

TEST_CASE("subsets of the samples: their spread, and the whole set is one of them") {
    TemporaryFolder folder;
    make_run(folder);
    const auto measure = [&](const char* out, const char* samples, const char* threads) {
        const Result result = tool(folder, {"spectrum", "run",
                                            "--top",    "3",
                                            "--bottom", "2",
                                            "--trace",  "--hessian-batch",
                                            samples,    "--repeats",
                                            "4",        "--out",
                                            out,        "--threads",
                                            threads,    "--tolerance",
                                            "1e-8",     "--dense-limit",
                                            "0",        "--quiet"});
        INFO(result.err);
        REQUIRE(result.code == 0);
        return lab::read_table(folder / out / "subsets.tsv");
    };
    const lab::Table few = measure("few", "20", "1");
    measure("again", "20", "2");
    CHECK(slurp(folder / "few/subsets.tsv") == slurp(folder / "again/subsets.tsv"));
    const lab::Table spectra = lab::read_table(folder / "few/spectra.tsv");
    REQUIRE(few.num_rows() == 2 * 4);
    for (std::size_t training = 0; training < 2; ++training) {
        const double all = spectra.numbers("lambda_max")[training];
        double mean = 0;
        for (std::size_t i = 4 * training; i < 4 * training + 4; ++i) {
            CHECK(few.texts("status")[i] == "converged");
            CHECK(few.numbers("samples")[i] == 20);
            CHECK(few.numbers("lambda_max")[i] != all);
            mean += few.numbers("lambda_max")[i] / 4;
        }
        CHECK(mean > all);  // convexity, in the mean over all subsets
    }
    const std::string report = slurp(folder / "few/report.html");
    CHECK(contains(report, "Subsets of the samples"));
    CHECK(contains(report, "biased outwards"));

    const lab::Table whole = measure("whole", "60", "1");
    for (std::size_t i = 0; i < whole.num_rows(); ++i) {
        CHECK(whole.numbers("lambda_max")[i] ==
              doctest::Approx(spectra.numbers("lambda_max")[i / 4]).epsilon(1e-7));
        CHECK(std::abs(whole.numbers("lambda_min")[i] - spectra.numbers("lambda_min")[i / 4]) <=
              1e-7 * spectra.numbers("lambda_max")[i / 4]);
    }

    const auto refuse = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"spectrum", "run", "--out", "x"});
        const Result result = tool(folder, more);
        CHECK(result.code == 2);
        CHECK_FALSE(fs::exists(folder / "x"));
        return result.err;
    };
    CHECK(contains(refuse({"--hessian-batch", "61"}),
                   "--hessian-batch 61: the run has 60 train samples"));
    CHECK(contains(refuse({"--hessian-batch", "9", "--repeats", "1"}), "--repeats 1"));
    CHECK(contains(refuse({"--hessian-batch", "9", "--top", "0", "--bottom", "0", "--sharpness"}),
                   "nothing is left to measure on the subsets"));
}

TEST_CASE("--only takes the rows and columns of these parameters, and refuses what is not there") {
    TemporaryFolder folder;
    make_run(folder);
    const auto measure = [&](const char* out, std::vector<std::string> more) {
        std::vector<std::string> arguments{"spectrum", "run",     "--top", "1", "--bottom",
                                           "1",        "--trace", "--out", out, "--quiet"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Result result = tool(folder, std::move(arguments));
        INFO(result.err);
        REQUIRE(result.code == 0);
        return lab::read_table(folder / out / "spectra.tsv");
    };
    // Exact, as all blocks have at most 300 rows. Rows of the table: depth 1, depth 2.
    const lab::Table layers = measure("layers", {"--block-by", "layer"});
    const lab::Table named = measure("named", {"--only", "layers.1"});
    const lab::Table pieces =
        measure("pieces", {"--only", "layers.1.bias,layers.1.weight[:3],layers.1.weight[3:]"});
    const auto block = layers.texts("block");
    std::size_t found = 0;
    for (std::size_t i = 0; i < layers.num_rows(); ++i) {
        if (block[i] != "layers.1") continue;
        for (const char* column : {"parameters", "lambda_max", "lambda_min", "trace"}) {
            CHECK(named.numbers(column)[found] == layers.numbers(column)[i]);
            CHECK(pieces.numbers(column)[found] == layers.numbers(column)[i]);
        }
        ++found;
    }
    CHECK(found == 2);
    CHECK(pieces.texts("block")[0] == "layers.1.bias + layers.1.weight[:3] + layers.1.weight[3:]");
    // Neurons: the traces of all of them add up to that of their layer.
    double sum = 0;
    for (int neuron = 0; neuron < 8; ++neuron) {
        const std::string out = "neuron" + std::to_string(neuron);
        const lab::Table one =
            measure(out.c_str(), {"--only", "layers.0[" + std::to_string(neuron) + "]"});
        CHECK(one.numbers("parameters")[0] == 2 * 11 + 1);
        sum += one.numbers("trace")[0];
    }
    const lab::Table first = measure("first", {"--only", "layers.0"});
    CHECK(sum == doctest::Approx(first.numbers("trace")[0]).epsilon(1e-12));
    CHECK(first.numbers("trace")[0] > 0);
    // By default more pairs are wanted than there are.
    const Result few = tool(folder, {"spectrum", kCheckpoint, "--out", "few", "--only",
                                     "layers.0.bias[0:3]", "--quiet"});
    INFO(few.err);
    CHECK(few.code == 0);
    CHECK(lab::read_table(folder / "few/eigenvalues.tsv").num_rows() == 3);
    CHECK(contains(slurp(folder / "few/report.html"),
                   "--only &#39;layers.0.bias[0:3]&#39; --out few --force --quiet true<"));

    const auto refuse = [&](const std::string& words, std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"spectrum", kCheckpoint, "--out", "x", "--only", words});
        const Result result = tool(folder, more);
        CHECK(result.code == 2);
        CHECK_FALSE(fs::exists(folder / "x"));
        return result.err;
    };
    CHECK(contains(refuse("layers.0.wieght"), "no parameter or layer \"layers.0.wieght\""));
    CHECK(contains(refuse("layers.0.wieght"), "did you mean layers.0.weight?"));
    CHECK(contains(refuse("layers.1,heads"), "there are layers.0, "));
    CHECK(contains(refuse("layers.0[8]"), "row 8 is wanted of 8"));
    CHECK(contains(refuse("layers.0[5:5]"), "the range is empty"));
    CHECK(contains(refuse("layers.0[a]"), "\"a\" are no rows"));
    CHECK(contains(refuse("layers.0[1"), "the bracket is not closed"));
    CHECK(contains(refuse("layers.0", {"--block-by", "layer"}), "give one of them"));
    // What Gauss-Newton leaves out of the last layer, which is linear, is rounding alone.
    const Result rest = tool(folder, {"spectrum", kCheckpoint, "--operator", "residual", "--only",
                                      "layers.2", "--out", "rest", "--quiet"});
    CHECK(rest.code == 0);
    CHECK(contains(rest.err, "the matrix is zero to rounding, and so are all its eigenvalues"));
}

TEST_CASE("numbers with which nothing can be measured are refused by name") {
    TemporaryFolder folder;
    for (const auto& [flag, value] : std::vector<std::pair<std::string, std::string>>{
             {"--sam-rho", "1e300"},
             {"--asam-rho", "1e-300"},
             {"--average-sigma", "1e7"},
             {"--ball-rho", "0"},
             {"--keskar-epsilon", "nan"},
             {"--tolerance", "1e-300"},
             {"--trace-probes", "9000000000000000"},
             {"--density-probes", "9000000000000000"},
             {"--density-steps", "9000000000000000"},
             {"--max-products", "100000000000000000000"}}) {
        const Result result = tool(folder, {"spectrum", "run", flag, value});
        INFO(result.err);
        CHECK(result.code == 2);
        CHECK(contains(result.err, flag + " " + value));
    }
}
