// Which statements of circuit_emergence hold, fail or are not judged.
#include <cmath>
#include <map>

#include <doctest/doctest.h>

#include "experiments/circuit_emergence/claims.h"
#include "experiments/circuit_emergence/reference.h"
#include "experiments/circuit_emergence/report.h"
#include "tests/experiments/circuit_emergence/emergence_run.h"
#include "tests/support/runs.h"

namespace dualtape::circuit_emergence {
namespace {

using At = FakeEmergence::At;
using Verdict = lab::Claim::Verdict;

// Statement and verdict of acceptance.tsv.
std::map<std::string, std::string> acceptance(const FakeEmergence& run,
                                              const lab::TemporaryFolder& folder) {
    write_run(run, folder.path);
    summarise(folder.path);
    return testing::verdicts_of(folder.path);
}

const char* const kAgrees =
    "x is even, by the published protocol: the accuracy is within 0.02 of the published one at "
    "every width and layer";
const char* const kIntegers =
    "x is even, by the published protocol: the accuracy at pre 1 is that of the two integers, "
    "to 0.001";
const char* const kChance =
    "x is even, held out: the balanced accuracy is within 0.02 of chance at every width and layer";
const char* const kGeneralises = "every network of width 128 or more reaches 0.95 test accuracy";
const char* const kClear =
    "every network of width 128 or more with 0.95 test accuracy shows a frequency of x + y with "
    "R^{2} of 0.9 or more";
const char* const kClearWave =
    "every network of width 128 or more with 0.95 test accuracy shows one wave of a frequency of x "
    "+ y with R^{2} of 0.9 or more";
const char* const kSeparates =
    "width 128 separates from width 16 in the Fourier probe of x + y by more than both intervals";
const char* const kControls =
    "x is even is reported at every layer with commonest class, shuffled labels, random labels "
    "per value, untrained network, selectivity and literal protocol";

// The published accuracies by its protocol, and chance held out.
double as_published(const At& at) {
    if (at.protocol != "literal" || at.topic != "x_even") return 0.5;
    if (at.node == "input") return kPublished[0].pre_1;
    for (const Published& row : kPublished) {
        for (const PublishedLayer& layer : kPublishedLayers) {
            if (row.width == at.width && layer.node == at.node) return row.*layer.accuracy;
        }
    }
    return 0.5;
}

}  // namespace

TEST_CASE("five seeds with the published numbers are accepted in every statement") {
    FakeEmergence run = FakeEmergence::of_publication(5);
    run.accuracy = as_published;
    const lab::TemporaryFolder folder;
    const auto verdicts = acceptance(run, folder);
    CHECK(verdicts.size() == 3);
    for (const auto& row : verdicts) {
        INFO(row.first);
        CHECK(row.second == "holds");
    }
    const lab::Table reference = lab::read_table(folder / "reference.tsv");
    CHECK(reference.num_rows() == 15);
    for (const double difference : reference.numbers("difference")) {
        CHECK(std::abs(difference) < 1e-15);
    }
    for (const double converged : reference.numbers("converged")) CHECK(converged == 0.5);
    // Probes of other pairs are no reproduction.
    run.settings["probe_split_generator"] = "philox";
    const lab::TemporaryFolder other;
    const auto departing = acceptance(run, other);
    CHECK(departing.size() == 2);  // nothing is set beside the published numbers
    for (const auto& row : departing) {
        CHECK(row.second == "not judged: not the published setting: probe_split_generator");
    }
    CHECK_FALSE(std::filesystem::exists(other / "reference.tsv"));
    // No test pairs: nothing generalises, and no number stands in for a test accuracy.
    const lab::Table summary = lab::read_table(folder / "summary.tsv");
    CHECK(summary.texts("class")[0] == "fitted");
    CHECK(summary.texts("best_test_accuracy")[0].empty());
}

TEST_CASE("each departure from the publication fails its statement and no other") {
    struct Departure {
        std::string fails;
        double logits = 0;  // added at the logits of width 64, by the published protocol
        double input = 0;   // added at the input
        double balanced = 0.5;
    };
    const Departure departures[] = {{.fails = kAgrees, .logits = 0.021},
                                    {.fails = kIntegers, .input = 0.0011},
                                    {.fails = kChance, .balanced = 0.521},
                                    {.fails = kChance, .balanced = 0.479}};
    for (const Departure& departure : departures) {
        INFO(departure.fails);
        FakeEmergence run = FakeEmergence::of_publication(2);
        run.accuracy = [&](const At& at) {
            if (at.protocol != "literal") return as_published(at);
            const bool is_there = at.node == "logits" && at.width == 64;
            return as_published(at) + (is_there ? departure.logits : 0) +
                   (at.node == "input" ? departure.input : 0);
        };
        run.balanced_accuracy = [&](const At& at) {
            return at.node == "logits" ? departure.balanced : 0.5;
        };
        const lab::TemporaryFolder folder;
        for (const auto& row : acceptance(run, folder)) {
            INFO(row.first);
            CHECK((row.second == "fails") == (row.first == departure.fails));
        }
    }
}

TEST_CASE(
    "a run that departs from the published setting is not judged by it, and the key is named") {
    const std::pair<const char*, const char*> departures[] = {
        {"label_noise", "0.3"}, {"operand_noise", "0.1"}, {"precision", "double"},
        {"beta1", "0.8"},       {"train_cap", "5000"},    {"learning_rate", "0.003"}};
    for (const auto& departure : departures) {
        const std::string key = departure.first, value = departure.second;
        INFO(key);
        FakeEmergence run = FakeEmergence::of_publication(3);
        run.accuracy = as_published;
        run.settings[key] = value;
        const lab::TemporaryFolder folder;
        const std::string why = "not the published setting: " + std::string(key);
        for (const auto& row : acceptance(run, folder)) CHECK(row.second == "not judged: " + why);
        CHECK_FALSE(is_published_setting(folder.path));
        for (const lab::Claim& claim : judge_claims(Findings(folder.path))) {
            if (claim.verdict == Verdict::contradicts_own_data) continue;
            CHECK(claim.verdict == Verdict::not_testable);
            CHECK(claim.why == why);
        }
    }
}

TEST_CASE("a shorter training is not judged by the published numbers") {
    FakeEmergence run = FakeEmergence::of_publication(1);
    run.accuracy = as_published;
    run.steps = 2000;
    run.probed_steps = {0, 2000};
    const lab::TemporaryFolder folder;
    for (const auto& row : acceptance(run, folder)) {
        CHECK(row.second == "not judged: not the published setting: steps");
    }
}

TEST_CASE("networks that generalise are held to their frequencies") {
    FakeEmergence run;
    // Seeds differ by 0.01, so that an interval over three of them is 0.025 on either side.
    const auto with = [](double narrow, double wide) {
        return [=](const At& at, int) { return (at.width == 16 ? narrow : wide) + 0.01 * at.seed; };
    };
    run.r2 = with(0.1, 0.16);
    const lab::TemporaryFolder folder;
    auto verdicts = acceptance(run, folder);
    CHECK(verdicts.size() == 3);
    CHECK(verdicts.at(kGeneralises) == "holds");
    CHECK(verdicts.at(kSeparates) == "holds");
    CHECK(verdicts.at(kControls) == "holds");
    run.r2 = with(0.1, 0.14);
    CHECK(acceptance(run, folder).at(kSeparates) == "not decided: the spreads overlap");
    run.r2 = with(0.16, 0.1);
    CHECK(acceptance(run, folder).at(kSeparates) == "fails");
    run.seeds = 1;
    CHECK(acceptance(run, folder).at(kSeparates) == "not decided: one seed");
    run.t_gen = [](int width, int) { return width == 128 ? 1e9 : 500.0; };
    CHECK(acceptance(run, folder).at(kGeneralises) == "fails");

    // A clear frequency is promised after 5000 steps, of the networks that generalise.
    run.seeds = 3;
    run.recipe = "corrected";
    run.steps = 5000;
    run.probed_steps = {0, 5000};
    CHECK(acceptance(run, folder).at(kClear) == "not judged: none generalises");
    run.t_gen = [](int, int seed) { return seed == 2 ? 1e9 : 500.0; };
    const auto clear = [](double wide, double third) {
        return [=](const At& at, int k) {
            return at.width == 16 || k != 2 ? 0.1 : at.seed == 2 ? third : wide;
        };
    };
    run.r2 = clear(0.9, 0.2);
    CHECK(acceptance(run, folder).at(kClear) == "holds");
    run.r2 = clear(0.89, 0.2);  // its clearest wave: 0.945
    CHECK(acceptance(run, folder).at(kClear) == "fails");
    CHECK(acceptance(run, folder).at(kClearWave) == "holds");
    run.r2 = clear(0.79, 0.2);
    CHECK(acceptance(run, folder).at(kClearWave) == "fails");

    // What departs from a recipe is not judged by its promise, and tiny networks promise nothing.
    run.settings = {{"weight_decay", "0"}};
    for (const auto& row : acceptance(run, folder)) {
        CHECK(row.second == "not judged: not the setting of recipe corrected: weight_decay");
    }
    run.settings = {};
    run.recipe = "tiny";
    CHECK(acceptance(run, folder).empty());
}

TEST_CASE(
    "claims: growth by width and layer is judged held out, and figures and split never stand") {
    struct Case {
        FakeEmergence run;
        std::function<double(const At&)> accuracy;
        Verdict width, layers;
    };
    const auto held_out = [](const At& at) {
        return at.control == "none" && at.protocol == "held_out";
    };
    const auto grows = [=](const At& at) {
        if (!held_out(at)) return 0.5;
        return at.node == "logits" ? 0.5 + 0.1 * std::log2(at.width / 16.0) + 0.001 * at.seed
                                   : 0.5 + 0.001 * at.seed;
    };
    const Case cases[] = {
        {FakeEmergence::of_publication(3), as_published, Verdict::not_reproduced,
         Verdict::not_reproduced},
        {FakeEmergence::of_publication(3), grows, Verdict::reproduced, Verdict::reproduced},
        {FakeEmergence{}, grows, Verdict::not_testable, Verdict::not_testable},
        {FakeEmergence{}, [](const At&) { return 0.5; }, Verdict::not_testable,
         Verdict::not_testable}};
    for (const Case& of : cases) {
        FakeEmergence run = of.run;
        run.accuracy = of.accuracy;
        const lab::TemporaryFolder folder;
        write_run(run, folder.path);
        summarise(folder.path);
        const auto claims = judge_claims(Findings(folder.path));
        REQUIRE(claims.size() == 4);
        CHECK(claims[0].verdict == of.width);
        CHECK(claims[1].verdict == of.layers);
        CHECK(claims[2].verdict == Verdict::contradicts_own_data);
        CHECK(claims[3].verdict == Verdict::contradicts_own_data);
        CHECK(lab::contains(claims[3].measured,
                            run.is_seen ? "1882 pairs, seen in training" : "1882 held-out pairs"));
    }
}

}  // namespace dualtape::circuit_emergence
