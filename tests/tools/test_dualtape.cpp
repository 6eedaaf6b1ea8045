// The tool dualtape from its command line to its files, on a tiny run of grokking_hessian.
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "experiments/lab/manifest.h"
#include "experiments/lab/safetensors.h"
#include "experiments/lab/table.h"
#include "tests/tools/tool.h"
#include "tools/dualtape/signature.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::testing;
using lab::contains;
using lab::slurp;
using lab::TemporaryFolder;

TEST_CASE("hvp is linear in its vector, and refuses vectors and checkpoints that do not fit") {
    TemporaryFolder folder;
    make_run(folder);
    const auto multiply = [&](const char* output) {
        return tool(folder, {"hvp", kCheckpoint, "--vector", "v.safetensors", "--output", output});
    };
    write_vector(folder, 1.0);
    REQUIRE(multiply("one.safetensors").code == 0);
    write_vector(folder, -2.0);
    const Result result = multiply("two.safetensors");
    REQUIRE(result.code == 0);
    CHECK(result.out.ends_with("two.safetensors\n"));
    const lab::TensorFile one = lab::read_tensors(folder / "one.safetensors");
    const lab::TensorFile two = lab::read_tensors(folder / "two.safetensors");
    CHECK(one.number<double>("loss") == two.number<double>("loss"));
    CHECK(one.values<double>("gradient.layers.0.weight") ==
          two.values<double>("gradient.layers.0.weight"));
    const auto u = one.values<double>("hvp.layers.1.weight");
    const auto v = two.values<double>("hvp.layers.1.weight");
    REQUIRE(u.size() == 64);
    double size = 0, error = 0;
    for (std::size_t i = 0; i < u.size(); ++i) {
        size = std::max(size, std::abs(v[i]));
        error = std::max(error, std::abs(v[i] + 2 * u[i]));
    }
    CHECK(size > 0);
    CHECK(error <= 1e-14 * size);

    CHECK(contains(multiply("two.safetensors").err, "exists already"));
    write_vector(folder, std::numeric_limits<double>::quiet_NaN());
    Result refused = multiply("nan.safetensors");
    CHECK(refused.code == 2);
    CHECK(contains(refused.err, "layers.0.weight holds numbers that are not finite"));
    CHECK_FALSE(fs::exists(folder / "nan.safetensors"));
    write_vector(folder, 1.0,
                 [](lab::TensorFile& file) { file.add_number<double>("layers.0.wieght", 1.0); });
    refused = multiply("other.safetensors");
    CHECK(refused.code == 2);
    CHECK(contains(refused.err, "no parameter layers.0.wieght"));
    CHECK(contains(refused.err, "did you mean layers.0.weight?"));
    // The checkpoint of depth 1 as a vector for depth 2: a parameter is missing.
    refused = tool(folder, {"hvp", kCheckpoint, "--vector",
                            "run/checkpoints/depth1-seed0/step-00000040.safetensors", "--output",
                            "x.safetensors"});
    CHECK(refused.code == 2);
    refused = tool(folder, {"hvp", "run", "--vector", "v.safetensors", "--output", "x"});
    CHECK(refused.code == 2);
    CHECK(contains(refused.err, "run: is a run folder"));
    fs::copy_file(folder / kCheckpoint, folder / "alone.safetensors");
    refused =
        tool(folder, {"hvp", "alone.safetensors", "--vector", "v.safetensors", "--output", "x"});
    CHECK(refused.code == 2);
    CHECK(contains(refused.err, "lies in no run folder"));
}

TEST_CASE("rerun finds the same bytes, and names what was changed") {
    TemporaryFolder folder;
    make_run(folder);
    Result result = tool(folder, {"rerun", "run", "--threads", "1"});
    INFO(result.out << result.err);
    CHECK(result.code == 0);
    CHECK(contains(result.out, " 0 differ"));
    lab::Table metrics = lab::read_table(folder / "run/metrics.tsv");
    lab::TableWriter changed(folder / "run/metrics.tsv", metrics.columns);
    metrics.rows[3][metrics.column("train_loss")] = "2.5";
    for (const auto& row : metrics.rows) {
        changed.add_row(std::vector<lab::Cell>(row.begin(), row.end()));
    }
    changed.close();
    result = tool(folder, {"rerun", "run", "--force"});
    CHECK(result.code == 1);
    CHECK(contains(result.out, "metrics.tsv\tcolumn train_loss differs in 1 of "));
    CHECK(contains(result.out, "first in row 4"));
    CHECK(contains(tool(folder, {"rerun", "."}).err, "is no run folder"));
    // Never over the run itself, under whatever name.
    fs::create_directory_symlink("run", folder / "same");
    for (const char* out : {"run", "./run/", "same"}) {
        const Result refused = tool(folder, {"rerun", "run", "--out", out, "--force"});
        CHECK(refused.code == 2);
        CHECK(contains(refused.err, "is the run that is repeated"));
    }
    CHECK(fs::exists(folder / "run/DONE"));
}

TEST_CASE("doctor finds nothing wrong, and gives the same signature twice") {
    TemporaryFolder folder;
    const Result first = tool(folder, {"doctor"}), second = tool(folder, {"doctor"});
    CHECK_FALSE(contains(first.out, "FAILED  order"));
    CHECK_FALSE(contains(first.out, "FAILED  numbers"));
    CHECK(contains(first.out, "ok      disk"));
    const auto signature = [](const std::string& text) {
        return text.substr(text.rfind("signature "));
    };
    CHECK(signature(first.out) == signature(second.out));
    CHECK(signature(first.out).size() == std::string("signature 0123456789abcdef\n").size());
    if (lab::build_info().preset == "repro") {
        CHECK(contains(first.out, "ok      signature: as it should be in preset repro"));
        CHECK(signature(first.out) == "signature " + std::string(tools::kReproSignature) + "\n");
    } else {
        CHECK(contains(first.out, "ok      signature: differs by machine and build"));
    }
#ifdef DUALTAPE_FIGURES
    CHECK(first.code == 0);
#endif
}

TEST_CASE("the signature is the same for any number of threads") {
    const std::string one = tools::signature(1).text();
    for (const int threads : {2, 3, 7}) CHECK(tools::signature(threads).text() == one);
}

TEST_CASE("completion and refusals of the command line") {
    TemporaryFolder folder;
    CHECK(contains(tool(folder, {"spectrun", "run"}).err, "did you mean spectrum?"));
    CHECK(tool(folder, {}).code == 2);
    CHECK(contains(tool(folder, {"rerun"}).err, "RUN is missing"));
    CHECK(contains(tool(folder, {"doctor", "me"}).err, "one operand too many"));
    CHECK(contains(tool(folder, {"spectrum", "run", "--topp", "3"}).err, "did you mean --top?"));
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const Result script = tool(folder, {"completion", shell});
        CHECK(script.code == 0);
        CHECK(contains(script.out, "curvature-every"));
        CHECK(contains(script.out, "density"));
    }
    CHECK(tool(folder, {"completion", "csh"}).code == 2);
}
