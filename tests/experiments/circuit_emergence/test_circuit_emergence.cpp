// Tables, figures and words of circuit_emergence.
#include <cmath>
#include <set>

#include <doctest/doctest.h>

#include "experiments/circuit_emergence/claims.h"
#include "experiments/circuit_emergence/figures.h"
#include "experiments/circuit_emergence/reference.h"
#include "experiments/circuit_emergence/report.h"
#include "experiments/report/cost.h"
#include "tests/experiments/circuit_emergence/emergence_run.h"
#include "tests/support/runs.h"

namespace dualtape::circuit_emergence {

using namespace dualtape::report;
namespace {

using At = FakeEmergence::At;
using Verdict = lab::Claim::Verdict;

}  // namespace

TEST_CASE("means over seeds have Student's intervals, one seed that of its folds") {
    const OverSeeds three = over_seeds({{.value = 0.5}, {.value = 0.6}, {.value = 0.7}});
    CHECK(three.seeds == 3);
    CHECK(three.interval_over == "seeds");
    CHECK(three.mean.value == doctest::Approx(0.6).epsilon(1e-14));
    // t of two degrees of freedom at 0.975, in closed form: (2 q - 1) sqrt(2 / (1 - (2 q - 1)^2)).
    const double half = 0.95 * std::sqrt(2 / (1 - 0.95 * 0.95)) * 0.1 / std::sqrt(3.0);
    CHECK(three.mean.low == doctest::Approx(0.6 - half).epsilon(1e-10));
    CHECK(three.mean.high == doctest::Approx(0.6 + half).epsilon(1e-10));
    const OverSeeds folds = over_seeds({{0.5, 0.4, 0.6}});
    CHECK(folds.interval_over == "folds");
    CHECK(folds.mean.low == 0.4);
    CHECK(over_seeds({{.value = 0.5}}).interval_over.empty());
    CHECK(std::isnan(over_seeds({}).mean.value));
}

TEST_CASE("by_width.tsv holds the last step alone, quantity by quantity") {
    FakeEmergence run;
    run.accuracy = [](const At& at) {
        if (at.step < 1500) return 0.1;
        const double of = at.control == "shuffled"       ? 0.3
                          : at.control == "control_task" ? 0.4
                          : at.control == "untrained"    ? 0.45
                          : at.protocol == "literal"     ? 0.9
                          : at.protocol == "held_out"    ? 0.8
                                                         : 0.95;
        return of + 0.01 * at.seed;
    };
    run.r2 = [](const At& at, int k) {
        return at.step < 1500 ? 0.99 : at.topic == "sum" ? 0.1 * k : 0.0;
    };
    const lab::TemporaryFolder folder;
    write_run(run, folder.path);
    summarise(folder.path);
    const ByWidth found(folder.path);
    CHECK(found.widths() == std::vector<std::int64_t>{16, 128});
    const std::pair<const char*, double> expected[] = {{"accuracy", 0.81},
                                                       {"shuffled_accuracy", 0.31},
                                                       {"control_task_accuracy", 0.41},
                                                       {"untrained_accuracy", 0.46},
                                                       {"literal_accuracy", 0.91},
                                                       {"selectivity", 0.1},
                                                       {"literal_converged_accuracy", 0.96},
                                                       {"base_rate", 0.5165},
                                                       {"p_value", 1.0 / 21},
                                                       {"erasure_probe", -0.3},
                                                       {"erasure_random", -0.0095}};
    for (const auto& row : expected) {
        const char* quantity = row.first;
        const double mean = row.second;
        INFO(quantity);
        const OverSeeds here = found.find(128, "layers.1.post", "x_even", quantity);
        CHECK(here.seeds == 3);
        CHECK(here.mean.value == doctest::Approx(mean).epsilon(1e-12));
    }
    // 95 % of 60 directions, of which each of 20 values stands three times.
    const Measured random = found.find(16, "logits", "x_even", "erasure_random").mean;
    CHECK(random.high == 0);
    CHECK(random.low == doctest::Approx(-0.019).epsilon(0.05));
    // Frequencies 1 .. 5 with R^2 0.1 k.
    const OverSeeds mean = found.find(16, "input", "fourier_sum", kMeanR2);
    CHECK(mean.mean.value == doctest::Approx(0.3).epsilon(1e-12));
    CHECK(found.find(16, "input", "fourier_sum", kBestR2).mean.value == doctest::Approx(0.5));
    CHECK(found.find(16, "input", "fourier_x", kMeanR2).mean.value == 0);
    CHECK(found.find(16, "input", "carry", "accuracy").seeds == 0);
    CHECK(found.text(16, "input", "carry", "accuracy") == "–");
}

TEST_CASE("the concept that emerges gains most behind the input, by more than its intervals") {
    FakeEmergence run;
    run.balanced_accuracy = [](const At& at) {
        const bool is_behind = at.node != "input";
        const double noise = 0.01 * at.seed;
        if (at.width == 16 || !is_behind || at.control == "untrained") return 0.5 + noise;
        if (at.topic == "sum_even") return (at.node == "logits" ? 0.9 : 0.7) + noise;
        return 0.55 + 0.1 * at.seed;  // overlaps with the input
    };
    const lab::TemporaryFolder folder;
    write_run(run, folder.path);
    summarise(folder.path);
    const Findings found(folder.path);
    const auto emerging = found.emerging();
    REQUIRE(emerging.has_value());
    CHECK(emerging->topic == "sum_even");
    CHECK(emerging->node == "logits");
    CHECK(found.find(128, "logits", "sum_even", "untrained_balanced_accuracy").seeds == 3);

    // What the untrained network shows as well has not emerged.
    run.balanced_accuracy = [](const At& at) {
        return (at.node == "input" ? 0.5 : 0.9) + 0.01 * at.seed;
    };
    const lab::TemporaryFolder flat;
    write_run(run, flat.path);
    summarise(flat.path);
    CHECK_FALSE(Findings(flat.path).emerging().has_value());
}

TEST_CASE("the most selective training reads a concept that was not there before") {
    FakeEmergence run;
    run.balanced_accuracy = [](const At& at) {
        const bool is_behind = at.node != "input" && at.control != "untrained";
        // x is even stands in the input already.
        return at.topic == "x_even" ? (is_behind ? 0.95 : 1.0) : is_behind ? 0.8 : 0.5;
    };
    run.selectivity = [](const At& at) {
        if (at.topic == "x_even") return 0.4;
        if (at.node == "input") return 0.5;
        return at.width == 128 && at.seed == 1 && at.node == "layers.1.post" ? 0.3 : 0.04;
    };
    const auto found = [&](const FakeEmergence& of) {
        const lab::TemporaryFolder folder;
        write_run(of, folder.path);
        summarise(folder.path);
        return Findings(folder.path).most_selective();
    };
    const auto best = found(run);
    REQUIRE(best.has_value());
    CHECK(best->topic == "sum_even");
    CHECK(best->at.node == "layers.1.post");
    CHECK(best->at.width == 128);
    CHECK(best->at.seed == 1);
    CHECK(best->selectivity.value == 0.3);
    CHECK(best->balanced_accuracy == 0.8);
    // Intervals that reach 0 say nothing.
    run.selectivity = [](const At&) { return 0.04; };
    CHECK_FALSE(found(run).has_value());
}

TEST_CASE("intervals over seeds end where accuracies and R^2 end") {
    FakeEmergence run;
    run.accuracy = [](const At& at) { return at.seed == 0 ? 0.9 : 1.0; };
    run.balanced_accuracy = [](const At& at) { return at.seed == 0 ? 0.1 : 0.0; };
    run.r2 = [](const At& at, int) { return at.seed == 0 ? 0.9 : 1.0; };
    const lab::TemporaryFolder folder;
    write_run(run, folder.path);
    summarise(folder.path);
    const ByWidth found(folder.path);
    const auto of = [&](const char* topic, const char* quantity) {
        return found.find(16, "logits", topic, quantity).mean;
    };
    // Student's t: 0.967 +- 0.143, 0.033 +- 0.143.
    CHECK(of("x_even", "accuracy").high == 1);
    CHECK(of("x_even", "accuracy").low == doctest::Approx(0.8232).epsilon(1e-3));
    CHECK(of("x_even", "balanced_accuracy").low == 0);
    CHECK(of("fourier_sum", kMeanR2).high == 1);
    CHECK(of("fourier_sum", kMeanR2).low == doctest::Approx(0.8232).epsilon(1e-3));
}

TEST_CASE("the key frequency is the clearest of x + y behind the input at the last step") {
    FakeEmergence run;
    run.r2 = [](const At& at, int k) {
        if (at.node == "input" || at.step < 1500 || at.topic == "x") return 0.99;
        return at.node == "layers.0.post" && k == 3 ? 0.8 : 0.2;
    };
    const lab::TemporaryFolder folder;
    write_run(run, folder.path);
    const ProbeRows rows(folder.path);
    const KeyFrequency key = key_frequency(rows, over_frequencies(rows), 16, 1);
    CHECK(key.node == "layers.0.post");
    CHECK(key.frequency == 3);
    CHECK(key.r2 == 0.8);
    CHECK(key_frequency(rows, over_frequencies(rows), 32, 0).frequency == 0);
}

TEST_CASE("a phase change is a rise above 0.3 between two probed steps") {
    FakeEmergence run;
    run.widths = {16};
    run.seeds = 1;
    run.accuracy = [](const At& at) {
        if (at.topic != "x_even" || at.node != "logits") return 0.5;
        return at.step == 0 ? 0.5 : at.step == 500 ? 0.85 : 0.95;
    };
    run.r2 = [](const At& at, int) {
        return at.topic == "sum" && at.node == "layers.1.post" && at.step == 1500 ? 0.6 : 0.0;
    };
    const lab::TemporaryFolder folder;
    write_run(run, folder.path);
    summarise(folder.path);
    const lab::Table table = lab::read_table(folder / "emergence.tsv");
    REQUIRE(table.num_rows() == 2);
    std::set<std::vector<std::string>> rows(table.rows.begin(), table.rows.end());
    CHECK(rows.count({"16", "0", "logits", "x_even", "0", "500", "0.5", "0.85"}) == 1);
    CHECK(rows.count({"16", "0", "layers.1.post", "fourier_sum", "500", "1500", "0", "0.6"}) == 1);
}

TEST_CASE("what figures draw is what the tables say") {
    FakeEmergence run;
    run.accuracy = [](const At& at) {
        return 0.5 + 0.001 * at.width + 0.01 * at.seed + (at.node == "logits" ? 0.05 : 0) +
               0.00001 * at.step + (at.control == "none" ? 0.1 : 0);
    };
    run.r2 = [](const At& at, int k) {
        return 0.01 * k + 0.001 * at.width * (at.node == "logits");
    };
    const lab::TemporaryFolder folder;
    write_run(run, folder.path);
    summarise(folder.path);
    const Findings found(folder.path);
    // Held-out accuracy over layers, and the first panel over widths.
    const lab::Figure by_layer = accuracy_by_layer(found, 128), by_width = accuracy_by_width(found);
    const lab::HeatMap frequencies = *frequency_map(found, 128).panels[0].heat_map;
    for (std::size_t node = 0; node < run.nodes.size(); ++node) {
        const auto mean = [&](int width) {
            return found.find(width, run.nodes[node], "x_even", "accuracy").mean;
        };
        const lab::Series& layers = by_layer.panels[0].series[0];
        CHECK(layers.y[node] == mean(128).value);
        CHECK(layers.low[node] == mean(128).low);
        CHECK(layers.high[node] == mean(128).high);
        const lab::Series& widths = by_width.panels[0].series[node];
        CHECK(widths.y[0] == mean(16).value);
        CHECK(widths.y[1] == mean(128).value);
        // R^2 of every frequency of the first seed.
        for (int k = 1; k <= 5; ++k) {
            CHECK(frequencies.value[node * 5 + static_cast<std::size_t>(k) - 1] ==
                  run.r2({.width = 128, .node = run.nodes[node]}, k));
        }
    }
    // Accuracy over time: of three seeds a line each, node by node.
    const lab::Figure by_step = accuracy_by_step(found, logged_trainings(folder.path), 16);
    for (int seed = 0; seed < 3; ++seed) {
        const lab::Series& course = by_step.panels[0].series[static_cast<std::size_t>(seed)];
        CHECK(course.name == "input");
        CHECK(course.x == std::vector<double>{0, 500, 1500});
        for (std::size_t i = 0; i < course.x.size(); ++i) {
            CHECK(course.y[i] == run.accuracy({.width = 16,
                                               .seed = seed,
                                               .step = static_cast<int>(course.x[i]),
                                               .node = "input",
                                               .control = "none"}));
        }
    }
    // And the files that are drawn from: a number in a figure is one of the table.
    const lab::Table table = lab::read_table(folder / "by_width.tsv");
    const auto means = table.numbers("mean");
    for (const lab::Figure& figure : {by_layer, by_width, erasure_effect(found)}) {
        lab::draw(figure, folder / "figures");
        const lab::Table drawn = lab::read_table(folder / ("figures/" + figure.stem + ".tsv"));
        REQUIRE(drawn.num_rows() > 0);
        for (const double y : drawn.numbers("y")) {
            CHECK(std::find(means.begin(), means.end(), y) != means.end());
        }
    }
}

TEST_CASE("growth inside the spread of the seeds, or of one seed, is not decided") {
    const auto claims_with = [](int seeds, double gain) {
        FakeEmergence run = FakeEmergence::of_publication(seeds);
        run.accuracy = [gain](const At& at) {
            const bool is_last = at.node == "logits" && at.width == 256;
            return 0.5 + 0.05 * at.seed + (is_last ? gain : 0);
        };
        const lab::TemporaryFolder folder;
        write_run(run, folder.path);
        summarise(folder.path);
        return judge_claims(Findings(folder.path));
    };
    for (const std::size_t claim : {0, 1}) {
        CHECK(claims_with(1, 0.3)[claim].verdict == Verdict::not_decided);
        CHECK(claims_with(1, -0.3)[claim].verdict == Verdict::not_decided);
        CHECK(claims_with(1, -0.3)[claim].why == "one seed");
        CHECK(claims_with(3, 0.1)[claim].verdict == Verdict::not_decided);
        CHECK(claims_with(3, 0.1)[claim].why == "the spreads overlap");
        CHECK(claims_with(3, 0.3)[claim].verdict == Verdict::reproduced);
        CHECK(claims_with(3, -0.3)[claim].verdict == Verdict::not_reproduced);
    }
}

TEST_CASE("titles say between which checkpoints something rose, and what is surely best") {
    FakeEmergence run;
    run.probed_steps = {0, 241, 601, 1500};
    run.r2 = [](const At& at, int) { return at.step >= 601 ? 0.5 : 0.1; };
    run.accuracy = [](const At& at) { return at.node == "input" ? 0.8 + 0.01 * at.seed : 0.6; };
    run.balanced_accuracy = [](const At& at) {
        return 0.6 + (at.topic == "x_even" ? 0.01 : 0) + 0.02 * at.seed;
    };
    const lab::TemporaryFolder folder;
    write_run(run, folder.path);
    summarise(folder.path);
    const Findings found(folder.path);
    CHECK(accuracy_by_step(found, logged_trainings(folder.path), 16).title ==
          "Half of the final mean R^{2} of x + y at post 2, 0.5, is reached between steps 241 and "
          "601");
    CHECK(lab::contains(accuracy_by_layer(found, 16).title,
                        "x is even: accuracy highest at input (0.81)"));
    // Two concepts a hundredth apart, where seeds differ by four.
    CHECK(concept_matrix(found, 16).title ==
          "Balanced accuracy at post 2: at most 0.63, for x is even");
}

TEST_CASE("permutation p-values of the control table are bounds where none is as high") {
    const lab::TemporaryFolder folder;
    write_run(FakeEmergence{}, folder.path);
    summarise(folder.path);
    lab::Manifest manifest;
    write_cost(folder.path, work_of(folder.path), manifest);
    bool is_there = false;
    for (const lab::ReportTable& table : make_report(folder.path).tables) {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            if (table.columns[i] != "p") continue;
            for (const auto& row : table.rows) {
                CHECK(row[i] == "≤ 0.048");  // 1 / 21: none of 20
                is_there = true;
            }
        }
    }
    CHECK(is_there);
}

TEST_CASE("of more than three seeds the figure over time has their mean with an interval") {
    FakeEmergence run;
    run.seeds = 5;
    run.accuracy = [](const At& at) { return 0.5 + 0.01 * at.seed; };
    const lab::TemporaryFolder folder;
    write_run(run, folder.path);
    summarise(folder.path);
    const lab::Figure figure =
        accuracy_by_step(Findings(folder.path), logged_trainings(folder.path), 16);
    const lab::Series& course = figure.panels[0].series[0];
    REQUIRE(course.y.size() == 3);
    CHECK(course.y[0] == doctest::Approx(0.52).epsilon(1e-14));
    CHECK(course.low[0] < 0.51);
    CHECK(course.high[0] > 0.53);
    CHECK(figure.panels[0].series[1].name == "pre 1");
}

TEST_CASE("a run that was not probed has a report and no figures of probes") {
    const lab::TemporaryFolder folder;
    write_run(FakeEmergence{}, folder.path);
    for (const char* table :
         {"probes.tsv", "probe_selectivity.tsv", "fourier_probes.tsv", "erasure.tsv"}) {
        std::filesystem::remove(folder / table);
    }
    summarise(folder.path);
    CHECK(make_figures(folder.path).empty());
    lab::Manifest manifest;
    write_cost(folder.path, work_of(folder.path), manifest);
    const lab::Report report = make_report(folder.path);
    CHECK(lab::contains(report.verdict, "Nothing was probed."));
    for (const lab::Claim& claim : report.claims) CHECK_FALSE(claim.measured.empty());
}

}  // namespace dualtape::circuit_emergence
