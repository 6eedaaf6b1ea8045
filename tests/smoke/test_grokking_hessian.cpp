// The program grokking_hessian from its command line to its report, with the recipe tiny.
#include <algorithm>
#include <cmath>
#include <functional>

#include <doctest/doctest.h>

#include "experiments/lab/child.h"
#include "experiments/lab/safetensors.h"
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
using testing::check_same_results;

namespace {

using Result = ProcessResult;

Result start(const TemporaryFolder& folder, std::vector<std::string> arguments) {
    return run_process(GROKKING_HESSIAN, folder.path, std::move(arguments));
}

const char* const kStems[] = {"hessian_vs_depth",         "hessian_spectrum_depth1",
                              "hessian_spectrum_depth2",  "loss_vs_steps",
                              "test_acc_vs_steps",        "grad_norm_vs_steps",
                              "sharpness_vs_depth",       "eigvec_overlap_depth1",
                              "eigvec_overlap_depth2",    "spectral_density_depth1",
                              "eigenvalue_counts_depth2", "gauss_newton_depth1",
                              "edge_of_stability_depth2", "layers_depth1"};

}  // namespace

TEST_CASE("the recipe tiny leaves a complete folder, and its path is the last line") {
    TemporaryFolder folder;
    const Result result =
        start(folder, {"--recipe", "tiny", "--out", "run", "--quiet", "--threads", "2"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    CHECK(result.out == "run/report.html\n");
    const fs::path run = folder / "run";
    for (const char* name :
         {"DONE", "config.toml", "manifest.json", "log.txt", "report.html", "data.safetensors",
          "metrics.tsv", "curvature.tsv", "eigenvalues.tsv", "overlap.tsv", "summary.tsv",
          "by_depth.tsv", "classes.tsv", "spikes.tsv", "acceptance.tsv",
          "checkpoints/depth1-seed0/step-00000040.safetensors"}) {
        CHECK_MESSAGE(fs::exists(run / name), name);
    }
    for (const std::string stem : kStems) {
        INFO(stem);
        CHECK(fs::exists(run / "figures" / (stem + ".tsv")));
        CHECK(fs::exists(run / "figures" / (stem + ".gp")));
#ifdef DUALTAPE_FIGURES
        const std::string svg = slurp(run / "figures" / (stem + ".svg"));
        CHECK(contains(svg.substr(svg.size() - std::min<std::size_t>(svg.size(), 20)), "</svg>"));
        CHECK(contains(slurp(run / "figures" / (stem + ".png")), "IEND"));
#endif
    }

    testing::check_figures(run);

    // The dense spectrum agrees with Lanczos at every visit.
    const lab::Table curvature = read_table(run / "curvature.tsv");
    CHECK(curvature.num_rows() == 10);
    for (const double difference : curvature.numbers("dense_difference")) CHECK(difference < 1e-8);
    const auto step = curvature.numbers("step"), update = curvature.numbers("update_share");
    const auto gradient = curvature.numbers("gradient_share");
    for (std::size_t i = 0; i < step.size(); ++i) {
        INFO("step ", step[i]);
        if (step[i] == 0) {
            CHECK(std::isnan(update[i]));  // no update yet
        } else {
            CHECK(update[i] > 0);
            CHECK(update[i] <= 1 + 1e-12);
            CHECK(update[i] != gradient[i]);  // Adam turns it
        }
    }
    const auto bottom = curvature.numbers("lambda_min");
    const auto exact = curvature.numbers("dense_lambda_min");
    for (std::size_t i = 0; i < bottom.size(); ++i) {
        CHECK(bottom[i] == doctest::Approx(exact[i]).epsilon(1e-3));
    }

    // Integer pairs as the network sees them, with their sums.
    const lab::TensorFile data = lab::read_tensors(run / "data.safetensors");
    CHECK(data.tensor("train.inputs").shape == std::vector<std::int64_t>{60, 2});
    CHECK(data.tensor("test.inputs").shape == std::vector<std::int64_t>{61, 2});
    const auto pairs = data.values<std::int32_t>("train.inputs");
    const auto targets = data.values<std::int32_t>("train.targets");
    for (std::size_t i = 0; i < targets.size(); ++i) {
        CHECK((pairs[2 * i] + pairs[2 * i + 1]) % 11 == targets[i]);
    }

    const std::string manifest = slurp(run / "manifest.json");
    CHECK(contains(manifest, "depth1-seed0"));
    CHECK(contains(manifest, "depth 1, published formula with the same d"));
    const std::string report = slurp(run / "report.html");
    for (const char* text :
         {"Networks of depth 2 and 3 show classic grokking",
          "Only depth 2 reaches high test accuracy", "Networks of depth 4 and more overfit",
          "Spectra cannot be computed beyond 2 to 3 layers", "increases with depth",
          "Contradictions in the publication", "From memorising to generalising",
          "not testable</strong>: recipe tiny claims nothing", "at 10 of the 10 visits"}) {
        CHECK_MESSAGE(contains(report, text), text);
    }
    // Nothing is judged, and no order is read from one seed but that of the publication's own
    // tables.
    std::string ours = report;
    const std::string stored = "falls with depth at step 0, rises with depth only after training";
    REQUIRE(contains(ours, stored));
    ours.erase(ours.find(stored), stored.size());
    CHECK(read_table(run / "acceptance.tsv").num_rows() == 0);
    for (const char* text : {"✓ reproduced", "✗ not reproduced", "≠ claim", "rises with depth",
                             "falls with depth", ", depth 1 first", ", depth 2 first"}) {
        CHECK_MESSAGE(!contains(ours, text), text);
    }
}

TEST_CASE("results have the same bytes for one and two threads, and from config.toml") {
    TemporaryFolder folder;
    REQUIRE(start(folder, {"--recipe", "tiny", "--out", "one", "--threads", "1"}).code == 0);
    REQUIRE(start(folder, {"--recipe", "tiny", "--out", "two", "--threads", "2"}).code == 0);
    check_same_results(folder / "one", folder / "two");
    REQUIRE(start(folder, {"--config", "one/config.toml", "--out", "again"}).code == 0);
    check_same_results(folder / "one", folder / "again");
}

TEST_CASE("a run that is killed at any moment resumes to the bytes of an unbroken one") {
    TemporaryFolder folder;
    const std::vector<std::string> common{"--recipe", "tiny", "--threads", "2", "--quiet"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), common.begin(), common.end());
        return more;
    };
    REQUIRE(start(folder, with({"--out", "whole"})).code == 0);
    // Killed when these files appear: in the middle of a training, between checkpoints, and when
    // all trainings have ended.
    const char* const moments[] = {
        "config.toml",
        "checkpoints/depth2-seed0/metrics.tsv",
        "checkpoints/depth2-seed0/step-00000000.safetensors",
        "checkpoints/depth1-seed0/step-00000010.safetensors",
        "checkpoints/depth2-seed0/curvature-00000030.safetensors",
        "checkpoints/depth1-seed0/step-00000040.safetensors",
        "metrics.tsv",
        "figures/loss_vs_steps.gp",
    };
    int number = 0;
    for (const char* moment : moments) {
        INFO("killed at ", moment);
        const std::string name = "killed" + std::to_string(number++);
        Process process(GROKKING_HESSIAN, folder.path, with({"--out", name}));
        REQUIRE(process.wait_for(folder.path / name / moment));
        process.kill();
        if (fs::exists(folder.path / name / "DONE")) continue;
        const Result resumed = start(folder, {"--resume", "--out", name, "--quiet"});
        INFO(resumed.err);
        CHECK(resumed.code == 0);
        check_same_results(folder / "whole", folder / name);
    }
}

TEST_CASE("wrong requests are one line that names thing, value and remedy, and exit with 2") {
    TemporaryFolder folder;
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"--p", "1"}, "--p"},
        {{"--train-fraction", "0"}, "--train-fraction"},
        {{"--train-fraction", "1.5"}, "--train-fraction"},
        {{"--train-fraction", "0.001"}, "train_fraction"},
        {{"--depths", "0"}, "--depths"},
        {{"--learning-rate", "-0.1"}, "--learning-rate"},
        {{"--learning-rat", "0.1"}, "--learning-rate"},
        {{"--operation", "mix", "--p", "12"}, "12"},
        {{"--seeds", "0"}, "--seeds 0"},
        {{"--batch-size", "1000"}, "--batch-size"},
        {{"--recipe", "tinny"}, "tiny"},
    };
    for (const auto& wrong : cases) {
        const std::vector<std::string>& arguments = wrong.first;
        const char* const expected = wrong.second;
        std::vector<std::string> all = arguments;
        if (arguments[0] != "--recipe") all.insert(all.begin(), {"--recipe", "tiny"});
        all.insert(all.end(), {"--out", "wrong", "--force"});
        const Result result = start(folder, all);
        INFO(arguments[0], ": ", result.err);
        CHECK(result.code == 2);
        CHECK(contains(result.err, "error: "));
        CHECK(contains(result.err, expected));
        CHECK(!contains(result.err, "mistake in the program"));
    }
    REQUIRE(start(folder, {"--recipe", "tiny", "--out", "there", "--quiet"}).code == 0);
    const Result again = start(folder, {"--recipe", "tiny", "--out", "there"});
    CHECK(again.code == 2);
    CHECK(contains(again.err, "--force"));
}

TEST_CASE("a training that diverges fails with its step, and the folder keeps what there is") {
    TemporaryFolder folder;
    const Result result = start(folder, {"--recipe", "tiny", "--optimiser", "sgd", "--weight-decay",
                                         "0", "--learning-rate", "1e30", "--out", "run"});
    INFO(result.err);
    CHECK(result.code == 1);
    CHECK(contains(result.err, "diverged at step"));
    CHECK(contains(slurp(folder / "run/FAILED"), "diverged at step"));
    CHECK(fs::exists(folder / "run/metrics.tsv"));
    CHECK(fs::exists(folder / "run/report.html"));
    CHECK(!fs::exists(folder / "run/DONE"));
}

TEST_CASE("a training that is not finite at step 0 fails with step and node, beside one that is") {
    TemporaryFolder folder;
    // Products of the weights of three layers leave float, those of two do not.
    for (const char* depths : {"2", "1,2"}) {
        INFO(depths);
        const Result result =
            start(folder, {"--recipe", "tiny", "--depths", depths, "--init", "normal",
                           "--init-sigma", "1e13", "--out", "run", "--force", "--quiet"});
        INFO(result.err);
        CHECK(result.code == 1);
        // FAILED names the first training that diverged, the log all of them.
        CHECK(fs::exists(folder / "run/FAILED"));
        const std::string log = slurp(folder / "run/log.txt");
        CHECK(contains(log, "depth2-seed0 diverged at step 0: the loss is "));
        CHECK(contains(log, "first not finite: "));
        CHECK(contains(slurp(folder / "run/report.html"), "depth2-seed0 diverged at step 0"));
        CHECK(result.out == "run/report.html\n");
    }
    CHECK(read_table(folder / "run/metrics.tsv").numbers("depth")[0] == 1);
}

TEST_CASE("numbers that float does not hold are refused, and taken in double") {
    TemporaryFolder folder;
    for (const auto& [flag, value] :
         {std::pair("--epsilon", "1e-46"), std::pair("--learning-rate", "1e300"),
          std::pair("--beta2", "0.9999999999"), std::pair("--momentum", "0.99999999999"),
          std::pair("--weight-decay", "1e39"), std::pair("--init-sigma", "1e300"),
          std::pair("--learning-rate", "1e-60")}) {
        const Result refused =
            start(folder, {"--recipe", "tiny", flag, value, "--out", "run", "--quiet"});
        INFO(refused.err);
        CHECK(refused.code == 2);
        CHECK(contains(refused.err, std::string("error: ") + flag));
        CHECK(contains(refused.err, "in float"));
        CHECK(contains(refused.err, "--precision double"));
        CHECK_FALSE(fs::exists(folder / "run"));
    }
    CHECK(start(folder, {"--recipe", "tiny", "--epsilon", "1e-46", "--precision", "double", "--out",
                         "run", "--quiet"})
              .code == 0);
}

TEST_CASE("the largest seeds are exact in every table, file name and report") {
    TemporaryFolder folder;
    const Result result =
        start(folder, {"--recipe", "tiny", "--depths", "1", "--seed", "9007199254740990", "--seeds",
                       "2", "--out", "run", "--quiet"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    for (const char* seed : {"9007199254740990", "9007199254740991"}) {
        const std::string name = std::string("depth1-seed") + seed;
        CHECK(fs::exists(folder / "run/checkpoints" / name));
        CHECK(contains(slurp(folder / "run/report.html"), seed));
        for (const char* table :
             {"metrics.tsv", "curvature.tsv", "eigenvalues.tsv", "summary.tsv"}) {
            const auto seeds = read_table(folder / "run" / table).texts("seed");
            CHECK_MESSAGE(std::count(seeds.begin(), seeds.end(), seed) > 0, table);
        }
    }
    CHECK(fs::exists(folder / "run/data-seed9007199254740991.safetensors"));
    CHECK(contains(slurp(folder / "run/manifest.json"), "\"seed\": 9007199254740990"));
    for (const char* seed : {"9007199254740992", "1764521234567890123"}) {
        const Result refused = start(folder, {"--recipe", "tiny", "--seed", seed, "--out", "x"});
        CHECK(refused.code == 2);
        CHECK(contains(refused.err, "must be 0 to 9007199254740991"));
    }
}

#ifdef DUALTAPE_FIGURES

TEST_CASE(
    "a run whose figures are lost is done, and says so on stderr, in the report and by its code") {
    TemporaryFolder folder;
    fs::create_directory(folder / "bin");
    lab::spit(folder / "bin/gnuplot", "#!/bin/sh\necho no fonts here >&2\nexit 1\n");
    fs::permissions(folder / "bin/gnuplot", fs::perms::owner_all);
    for (const std::string& path : {(folder / "bin").string(), folder.path.string()}) {
        INFO(path);
        const lab::ChildEnd run =
            lab::run_child({.program = GROKKING_HESSIAN,
                            .arguments = {"--recipe", "tiny", "--out", "run", "--force", "--quiet"},
                            .folder = folder.path,
                            .environment = std::vector<std::string>{"PATH=" + path},
                            .keeps_errors = true});
        CHECK(run.code == 3);
        const bool is_missing = path == folder.path.string();
        const std::string why = is_missing ? "gnuplot was not found" : "no fonts here";
        CHECK(contains(run.text, "warning: figure "));
        CHECK(contains(run.text, why));
        CHECK(contains(slurp(folder / "run/report.html"), why));
        CHECK(fs::exists(folder / "run/DONE"));
        CHECK(fs::exists(folder / "run/figures/loss_vs_steps.gp"));
    }
}

#endif

TEST_CASE("several seeds give medians with bands") {
    TemporaryFolder folder;
    const Result result = start(folder, {"--recipe", "tiny", "--seeds", "3", "--depths", "1",
                                         "--out", "run", "--quiet", "--x-axis", "index"});
    INFO(result.err);
    REQUIRE(result.code == 0);
    CHECK(read_table(folder / "run/summary.tsv").numbers("seed") == std::vector<double>{0, 1, 2});
    CHECK(fs::exists(folder / "run/data-seed2.safetensors"));
    CHECK(contains(slurp(folder / "run/figures/loss_vs_steps.gp"), "3 seeds"));
    CHECK(contains(slurp(folder / "run/report.html"), "censored in 3 of 3 seeds"));
    CHECK(contains(slurp(folder / "run/figures/hessian_vs_depth.gp"), "checkpoint"));
}

TEST_CASE("the stability threshold of sgd contains its momentum, that of AdamW does not") {
    TemporaryFolder folder;
    const auto train = [&](std::vector<std::string> more) {
        std::vector<std::string> all{"--recipe",    "tiny",           "--depths",        "1",
                                     "--curvature", "top=1,bottom=1", "--out",           "run",
                                     "--force",     "--quiet",        "--learning-rate", "0.01"};
        all.insert(all.end(), more.begin(), more.end());
        REQUIRE(start(folder, all).code == 0);
        return read_table(folder / "run/curvature.tsv").numbers("descent_threshold");
    };
    for (const double threshold : train({})) CHECK(threshold == 200);
    CHECK(contains(slurp(folder / "run/figures/hessian_vs_depth.gp"), "'2 / learning rate'"));
    for (const double threshold : train({"--optimiser", "sgd", "--momentum", "0.5"})) {
        CHECK(threshold == doctest::Approx(300).epsilon(1e-12));  // 2 (1 + 0.5) / 0.01
    }
    CHECK(contains(slurp(folder / "run/figures/hessian_vs_depth.gp"),
                   "'2 (1 + momentum) / learning rate'"));
}

TEST_CASE("--force leaves what a user has put into the folder, and nothing of the run") {
    TemporaryFolder folder;
    REQUIRE(start(folder, {"--recipe", "tiny", "--out", "run", "--quiet"}).code == 0);
    testing::check_force(GROKKING_HESSIAN, folder);
}

TEST_CASE(
    "a run whose tables or checkpoints were touched resumes to the bytes of an unbroken one") {
    TemporaryFolder folder;
    REQUIRE(start(folder, {"--recipe", "tiny", "--out", "whole", "--quiet"}).code == 0);
    // Stopped after all trainings: nothing would be computed again, were it not for the damage.
    const auto stop = [&] {
        fs::remove_all(folder / "run");
        fs::copy(folder / "whole", folder / "run", fs::copy_options::recursive);
        for (const char* name : {"DONE", "metrics.tsv", "curvature.tsv"}) {
            fs::remove(folder / "run" / name);
        }
    };
    const fs::path training = folder / "run/checkpoints/depth2-seed0";
    const auto halve = [&](const char* table) {
        fs::resize_file(training / table, fs::file_size(training / table) / 2);
    };
    const std::pair<const char*, std::function<void()>> damages[] = {
        {"metrics.tsv", [&] { halve("metrics.tsv"); }},
        {"metrics.tsv", [&] { fs::remove(training / "metrics.tsv"); }},
        {"curvature.tsv", [&] { halve("curvature.tsv"); }},
        {"curvature.tsv", [&] { fs::remove(training / "curvature.tsv"); }},
        {"overlap.tsv", [&] { lab::spit(training / "overlap.tsv", "a\tb\nc\n"); }},
        {"its step is 10, not 40",
         [&] {
             fs::copy_file(training / "step-00000010.safetensors",
                           training / "step-00000040.safetensors",
                           fs::copy_options::overwrite_existing);
         }},
        {"its training is depth1-seed0",
         [&] {
             for (const auto& entry :
                  fs::directory_iterator(folder / "run/checkpoints/depth1-seed0"))
                 fs::copy_file(entry.path(), training / entry.path().filename(),
                               fs::copy_options::overwrite_existing);
         }},
        {"", [&] { fs::remove(folder / "run/manifest.json"); }},
        {"", [&] { lab::spit(folder / "run/manifest.json", "{"); }},
    };
    for (const auto& damage : damages) {
        const std::string said = damage.first;
        stop();
        damage.second();
        const Result resumed = start(folder, {"--resume", "--out", "run", "--quiet"});
        INFO(said, ": ", resumed.err);
        CHECK(resumed.code == 0);
        CHECK(contains(resumed.err, said));
        if (!said.empty()) CHECK(contains(resumed.err, "is passed over"));
        check_same_results(folder / "whole", folder / "run");
    }
}
