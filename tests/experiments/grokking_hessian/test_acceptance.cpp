#include <cmath>
#include <map>

#include <doctest/doctest.h>

#include "experiments/grokking_hessian/claims.h"
#include "experiments/grokking_hessian/reference.h"
#include "experiments/grokking_hessian/report.h"
#include "experiments/report/judged_setting.h"
#include "experiments/report/statements.h"
#include "tests/experiments/grokking_hessian/grokking_run.h"
#include "tests/support/runs.h"

namespace dualtape::grokking_hessian {

using namespace dualtape::report;
namespace {

constexpr double kNever = 1e9;

const Published& published(int depth) { return kPublished[depth - 1]; }

// Trainings that have the published numbers, times a factor per seed, whose median is one.
FakeTraining as_published(int depth, int seed) {
    const Published& row = published(depth);
    const double factors[] = {0.8, 0.9, 1, 1.1, 1.2};
    const double factor = factors[seed];
    FakeTraining training{
        .t_mem = kNever, .train_loss = factor * row.train_loss, .test_loss = row.test_loss};
    training.lambda_max = [&row, factor](double step) {
        return factor * (step < 1000   ? row.lambda_max_at_0
                         : step < 9000 ? row.lambda_max_at_1000
                                       : row.lambda_max_at_9000);
    };
    return training;
}

// Statement and verdict of acceptance.tsv.
std::map<std::string, std::string> acceptance(const FakeRun& run,
                                              const lab::TemporaryFolder& folder) {
    write_run(run, folder.path);
    summarise(folder.path);
    return testing::verdicts_of(folder.path);
}

const char* const kNoGrokking = "the step of 0.9 test accuracy is censored at every depth";
const char* const kNoAccuracy = "no depth and no seed reaches 0.1 test accuracy";
const char* const kFalling = "sharpness falls with depth at step 0";
const char* const kDeeper = "after step 1000 every deeper network is sharper than depth 1";
const char* const kTrainLoss = "median train loss within 25 % at every depth stored";
std::string sharpness_at(const char* step) {
    return "median sharpness at step " + std::string(step) +
           " within a factor of 3 at every depth stored";
}

}  // namespace

TEST_CASE("five seeds around the published numbers are accepted in every statement") {
    FakeRun run = FakeRun::of_publication(5);
    run.training = as_published;
    const lab::TemporaryFolder folder;
    const auto verdicts = acceptance(run, folder);
    CHECK(verdicts.size() == 8);
    for (const auto& row : verdicts) {
        const auto& statement = std::get<0>(row);
        const auto& verdict = std::get<1>(row);
        INFO(statement);
        CHECK(verdict == "holds");
    }
    const lab::Table reference = lab::read_table(folder / "reference.tsv");
    CHECK(reference.num_rows() == 30);
    for (std::size_t i = 0; i < reference.num_rows(); ++i) {
        const std::string quantity = reference.texts("quantity")[i];
        INFO(quantity, ", depth ", reference.texts("depth")[i]);
        const bool is_promised = quantity != "test_loss" && quantity != "best_test_accuracy";
        CHECK(reference.texts("verdict")[i] == (is_promised ? "holds" : ""));
        if (is_promised) CHECK(reference.numbers("ratio")[i] == doctest::Approx(1).epsilon(1e-15));
        if (is_promised) CHECK(reference.numbers("low")[i] < reference.numbers("high")[i]);
    }
}

TEST_CASE("fewer seeds than five are compared and not judged, and one decides no order") {
    FakeRun run = FakeRun::of_publication(1);
    run.training = [](int depth, int) {
        FakeTraining training = as_published(depth, 2);
        training.train_loss *= 10;
        return training;
    };
    const lab::TemporaryFolder folder;
    const auto verdicts = acceptance(run, folder);
    for (const std::string& statement :
         {std::string(kTrainLoss), sharpness_at("0"), sharpness_at("1000"), sharpness_at("9000")}) {
        CHECK(verdicts.at(statement) == "not judged: 1 of 5 seeds");
    }
    for (const char* statement : {kFalling, kDeeper}) {
        CHECK(verdicts.at(statement) == "not decided: one seed");
    }
    for (const char* statement : {kNoGrokking, kNoAccuracy}) {
        CHECK(verdicts.at(statement) == "holds");
    }
    const lab::Table reference = lab::read_table(folder / "reference.tsv");
    CHECK(reference.texts("verdict")[0] == "not judged: 1 of 5 seeds");
    CHECK(reference.numbers("ratio")[0] == doctest::Approx(10).epsilon(1e-15));
}

TEST_CASE("one seed with the order the other way round refutes nothing") {
    FakeRun run = FakeRun::of_publication(1);
    run.training = [](int depth, int) {
        FakeTraining training = as_published(depth, 2);
        training.lambda_max = [depth](double) { return depth == 1 ? 105.0 : 100.0 + depth; };
        return training;
    };
    const lab::TemporaryFolder folder;
    const auto verdicts = acceptance(run, folder);
    CHECK(verdicts.at(kFalling) == "not decided: one seed");
    CHECK(verdicts.at(kDeeper) == "not decided: one seed");
    for (const lab::Claim& claim : judge_claims(Findings(folder.path))) {
        if (claim.claim.find("increases with depth") == std::string::npos) continue;
        CHECK(claim.verdict == lab::Claim::Verdict::not_decided);
        CHECK(claim.why == "one seed");
    }
}

TEST_CASE("an order inside the spread of the seeds is not decided, beyond it it is") {
    const auto with_gap = [](double gap) {
        FakeRun run = FakeRun::of_publication(5);
        run.training = [gap](int depth, int seed) {
            FakeTraining training = as_published(depth, seed);
            // Ranges of one tenth; depth 2 above or below depth 1 by the gap.
            training.lambda_max = [=](double) {
                const double of_depth = depth == 1 ? 100 : depth == 2 ? 100 + gap : 1000.0 * depth;
                return of_depth + 2.5 * seed;
            };
            return training;
        };
        const lab::TemporaryFolder folder;
        return acceptance(run, folder);
    };
    CHECK(with_gap(-9).at(kDeeper) == "not decided: the spreads overlap");
    CHECK(with_gap(9).at(kDeeper) == "not decided: the spreads overlap");
    CHECK(with_gap(-11).at(kDeeper) == "fails");
    CHECK(with_gap(11).at(kDeeper) == "holds");
    CHECK(with_gap(11).at(kFalling) == "fails");
}

TEST_CASE("each departure from the publication fails its statement and no other") {
    struct Departure {
        std::string fails;
        std::function<void(FakeTraining&, int depth, int seed)> change;
    };
    const auto scale = [](FakeTraining& training, double factor, auto holds_at) {
        training.lambda_max = [was = training.lambda_max, factor, holds_at](double step) {
            return holds_at(step) ? factor * was(step) : was(step);
        };
    };
    const Departure departures[] = {
        // One seed of five is enough where the statement is strict.
        {kNoGrokking,
         [](FakeTraining& t, int depth, int seed) {
             if (depth == 3 && seed == 1) t.t_gen = 5000;
         }},
        {kNoAccuracy,
         [](FakeTraining& t, int depth, int seed) {
             if (depth == 3 && seed == 1) t.t_gen = 10000, t.late_accuracy = 0.1;
         }},
        {kFalling,
         [&](FakeTraining& t, int depth, int) {
             if (depth == 5) scale(t, 2.9, [](double step) { return step == 0; });
             if (depth == 4) scale(t, 0.4, [](double step) { return step == 0; });
         }},
        {kDeeper,
         [&](FakeTraining& t, int depth, int) {
             if (depth == 2) scale(t, 0.01, [](double step) { return step == 5000; });
         }},
        {kTrainLoss,
         [](FakeTraining& t, int depth, int) {
             if (depth == 4) t.train_loss *= 1.26;
         }},
        {sharpness_at("0"),
         [&](FakeTraining& t, int depth, int) {
             if (depth == 1) scale(t, 3.1, [](double step) { return step == 0; });
         }},
        {sharpness_at("1000"),
         [&](FakeTraining& t, int depth, int) {
             if (depth == 5) scale(t, 3.1, [](double step) { return step == 1000; });
         }},
        {sharpness_at("9000"),
         [&](FakeTraining& t, int depth, int) {
             if (depth == 5) scale(t, 0.32, [](double step) { return step == 9000; });
         }},
    };
    for (const Departure& departure : departures) {
        INFO(departure.fails);
        FakeRun run = FakeRun::of_publication(5);
        run.training = [&](int depth, int seed) {
            FakeTraining training = as_published(depth, seed);
            departure.change(training, depth, seed);
            return training;
        };
        const lab::TemporaryFolder folder;
        for (const auto& row : acceptance(run, folder)) {
            const auto& statement = std::get<0>(row);
            const auto& verdict = std::get<1>(row);
            INFO(statement);
            // A training that groks also reaches 0.1.
            const bool follows = departure.fails == kNoGrokking && statement == kNoAccuracy;
            CHECK((verdict == "fails") == (statement == departure.fails || follows));
        }
    }
}

TEST_CASE("a depth that fails is not hidden by one that cannot be judged") {
    FakeRun run = FakeRun::of_publication(5);
    run.training = [](int depth, int seed) {
        FakeTraining training = as_published(depth, seed);
        if (depth == 4) training.lambda_max = [](double) { return 10 * 39.0; };
        if (depth == 5 && seed == 0) training.lambda_max = [](double) { return std::nan(""); };
        return training;
    };
    const lab::TemporaryFolder folder;
    CHECK(acceptance(run, folder).at(sharpness_at("0")) == "fails");
    const lab::Table reference = lab::read_table(folder / "reference.tsv");
    const auto verdict = reference.texts("verdict"), quantity = reference.texts("quantity");
    REQUIRE(quantity[8] == "lambda_max_at_0");
    CHECK(verdict[8] == "fails");
    CHECK(verdict[9] == "not judged: 4 of 5 seeds");
}

TEST_CASE(
    "a run that departs from the published setting is not judged by it, and the key is named") {
    const std::pair<const char*, const char*> departures[] = {
        {"label_noise", "0.3"},   {"operand_noise", "0.1"}, {"train_cap", "500"},
        {"split_by_orbit", "on"}, {"epsilon", "1e-6"},      {"precision", "double"},
        {"beta2", "0.98"},        {"test_cap", "100"},      {"log_phase", "1"}};
    for (const auto& departure : departures) {
        const std::string key = departure.first, value = departure.second;
        INFO(key);
        FakeRun run = FakeRun::of_publication(5);
        run.training = as_published;
        run.settings[key] = value;
        const lab::TemporaryFolder folder;
        const auto verdicts = acceptance(run, folder);
        CHECK(verdicts.size() == 4);  // nothing is set beside the published numbers
        const std::string why = "not the published setting: " + std::string(key);
        for (const auto& row : verdicts) CHECK(row.second == "not judged: " + why);
        CHECK_FALSE(std::filesystem::exists(folder / "reference.tsv"));
        CHECK(lab::contains(acceptance_of(folder.path), "no statement is judged"));
        CHECK(lab::contains(acceptance_of(folder.path), why));
        for (const lab::Claim& claim : judge_claims(Findings(folder.path))) {
            INFO(claim.claim);
            if (claim.verdict == lab::Claim::Verdict::contradicts_own_data) continue;
            if (claim.claim.starts_with("Spectra")) continue;  // any network refutes it
            CHECK(claim.verdict == lab::Claim::Verdict::not_testable);
            CHECK(claim.why == why);
        }
    }
}

TEST_CASE("a shorter training is no published setting either") {
    FakeRun run = FakeRun::of_publication(5);
    run.training = as_published;
    run.steps = 2000;
    run.settings["width"] = "64";
    const lab::TemporaryFolder folder;
    for (const auto& row : acceptance(run, folder)) {
        CHECK(row.second == "not judged: not the published setting: width, steps");
    }
}

TEST_CASE("seeds, threads and fewer depths leave the published setting what it is") {
    FakeRun run = FakeRun::of_publication(5);
    run.training = as_published;
    run.depths = {1, 3};
    run.settings = {{"threads", "2"}, {"x_axis", "index"}, {"seed", "7"}, {"momentum", "0.5"}};
    const lab::TemporaryFolder folder;
    for (const auto& row : acceptance(run, folder)) CHECK(row.second == "holds");
    run.depths = {1, 8};
    run.training = [](int depth, int seed) { return as_published(depth == 8 ? 5 : depth, seed); };
    CHECK(acceptance(run, folder).at(kNoGrokking) ==
          "not judged: not the published setting: depths");
}

TEST_CASE("settings that show grokking promise a delay; what departs from them is not judged") {
    FakeRun run;
    run.training = [](int depth, int) { return FakeTraining{.t_gen = depth == 1 ? 900.0 : 200}; };
    const lab::TemporaryFolder folder;
    const auto verdicts = acceptance(run, folder);
    CHECK(verdicts.size() == 4);
    CHECK(verdicts.at("depth 1 reaches 0.95 test accuracy after 0.99 train accuracy") == "holds");
    CHECK(verdicts.at("depth 2 generalises at 3 times the step at which it memorised, or later") ==
          "fails");
    CHECK_FALSE(std::filesystem::exists(folder / "reference.tsv"));
    run.settings = {{"weight_decay", "0"}, {"label_noise", "0.1"}};
    for (const auto& row : acceptance(run, folder)) {
        CHECK(row.second ==
              "not judged: not the setting of recipe quick: label_noise, weight_decay");
    }
}

TEST_CASE("tiny networks judge nothing, however long and with how many seeds they are trained") {
    for (const int steps : {40, 2000}) {
        FakeRun run;
        run.recipe = "tiny";
        run.steps = steps;
        run.log_every = 2;
        run.visit_every = steps / 4;
        run.depths = {1, 2, 5};
        run.seeds = 3;
        const lab::TemporaryFolder folder;
        CHECK(acceptance(run, folder).empty());
        for (const lab::Claim& claim : judge_claims(Findings(folder.path))) {
            INFO(claim.claim);
            CHECK(claim.verdict == lab::Claim::Verdict::not_testable);
            CHECK(claim.why == "recipe tiny claims nothing");
        }
    }
}

TEST_CASE("a claim that is not tested says why") {
    FakeRun run = FakeRun::of_publication(5);
    run.training = as_published;
    run.depths = {2};
    const lab::TemporaryFolder folder;
    acceptance(run, folder);
    for (const lab::Claim& claim : judge_claims(Findings(folder.path))) {
        INFO(claim.claim);
        CHECK((claim.verdict == lab::Claim::Verdict::not_testable) == !claim.why.empty());
    }
}

TEST_CASE("the published setting is recognised by its recipe") {
    const lab::TemporaryFolder folder;
    write_run(FakeRun::of_publication(1), folder.path);
    CHECK(is_published_setting(folder.path));
    FakeRun other = FakeRun::of_publication(1);
    other.settings["learning_rate"] = "0.003";
    write_run(other, folder.path);
    CHECK_FALSE(is_published_setting(folder.path));
    write_run(FakeRun{}, folder.path);
    CHECK_FALSE(is_published_setting(folder.path));
    // The formula as printed, at h = 128 and 97 classes.
    models::MlpSettings settings;
    settings.width = 128;
    settings.num_classes = 97;
    settings.depth = 1;
    CHECK(published_formula(settings) == -3615);
    settings.depth = 2;
    CHECK(published_formula(settings) == 12897);
}

TEST_CASE("one network refutes that something is impossible; only the published runs bear it out") {
    using Verdict = lab::Claim::Verdict;
    const auto judge = [](Verdict verdict, const char* recipe, std::vector<std::string> keys) {
        return within_reach({.claim = "", .verdict = verdict},
                            {.recipe = recipe, .departures = {}, .from_published = std::move(keys)},
                            Reach::any_network)
            .verdict;
    };
    CHECK(judge(Verdict::not_reproduced, "quick", {"p"}) == Verdict::not_reproduced);
    CHECK(judge(Verdict::reproduced, "quick", {"p"}) == Verdict::not_testable);
    CHECK(judge(Verdict::not_decided, "quick", {"p"}) == Verdict::not_testable);
    CHECK(judge(Verdict::reproduced, "literal", {}) == Verdict::reproduced);
    CHECK(judge(Verdict::not_reproduced, "tiny", {"p"}) == Verdict::not_testable);
}

}  // namespace dualtape::grokking_hessian
