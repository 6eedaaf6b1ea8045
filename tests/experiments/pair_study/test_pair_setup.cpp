// Published settings by their counts, splits and random numbers; what does not fit is refused.
#include "experiments/pair_study/pair_setup.h"

#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include "experiments/analyses/fourier/fourier_summary.h"
#include "experiments/circuit_emergence/settings.h"
#include "experiments/modular_addition/settings.h"
#include "tests/support/lab.h"

namespace dualtape::pair_study {

using namespace dualtape::study;
using namespace dualtape::pairs;
using namespace dualtape::analyses;
using namespace dualtape::circuit_emergence;
using namespace dualtape::modular_addition;

namespace {

// A setup with these lines of a file.
template <class SetupType>
std::unique_ptr<SetupType> setup_of(const std::string& toml, lab::Options& options) {
    auto setup = std::make_unique<SetupType>();
    setup->add_options(options);
    options.assign(lab::toml::parse(toml, "test.toml"), "test.toml");
    options.run_checks();
    return setup;
}

TEST_CASE("the published embedding network has 109 297 parameters and 157 batches an epoch") {
    lab::Options options;
    const auto setup = setup_of<ModularAddition>(
        "[task]\ntrain_cap = 10000\ntest_cap = 2000\n[train]\nbatch_size = 64\n", options);
    const PairSetup::SeedData data = setup->make_data(0);
    CHECK(data.split.train.size() == 10000);
    CHECK(data.split.test.size() == 2000);
    CHECK((data.split.train.size() + 63) / 64 == 157);
    CHECK((data.split.test.size() + 63) / 64 == 32);
    const Training training = setup->trainings()[0];
    const models::MlpSettings network = setup->network(data.task, training);
    CHECK(models::count_parameters(network) == 109297);
    CHECK(network.form == models::MlpForm::plain);  // 64 columns are fewer than 113
    CHECK(setup->classifier<float>(training)->model().size() == 109297);
}

TEST_CASE("the published split of low data is CPython's") {
    lab::Options options;
    const auto setup = setup_of<ModularAddition>(
        "[task]\ntrain_fraction = 0.3\nsplit_generator = \"cpython\"\nsplit_seed = 0\n", options);
    for (const std::uint64_t seed : {0, 4}) {
        const pairs::Split split = setup->make_data(seed).split;
        CHECK(split.train.size() == 3830);
        CHECK(split.train[0] == 113 * 18 + 34);
        CHECK(split.train[1] == 113 * 10 + 83);
        CHECK(std::accumulate(split.train.begin(), split.train.end(), std::int64_t{0}) == 24672933);
    }
    CHECK(setup->network(setup->make_data(0).task, setup->trainings()[0]).form ==
          models::MlpForm::projected);
}

TEST_CASE("widths of circuit_emergence have the published numbers of parameters") {
    lab::Options options;
    const auto setup = setup_of<CircuitEmergence>("[model]\ninput = \"raw\"\n", options);
    const pairs::Task task = setup->make_data(0).task;
    std::vector<Index> counts;
    for (const Training& training : setup->trainings()) {
        counts.push_back(models::count_parameters(setup->network(task, training)));
    }
    CHECK(counts == std::vector<Index>{1969, 4353, 10657, 29409, 91489});
}

TEST_CASE("seeds change split and noise; a split seed holds the split") {
    lab::Options options, held;
    const auto free = setup_of<ModularAddition>("[task]\np = 11\nlabel_noise = 0.2\n", options);
    const auto fixed = setup_of<ModularAddition>("[task]\np = 11\nsplit_seed = 7\n", held);
    CHECK(free->make_data(0).split.train != free->make_data(1).split.train);
    CHECK(fixed->make_data(0).split.train == fixed->make_data(1).split.train);
    const PairSetup::SeedData noisy = free->make_data(0);
    CHECK(noisy.noisy.size() == 19);  // a fifth of 96
    for (Index sample = 0; sample < noisy.task.size(); ++sample) {
        const auto s = static_cast<std::size_t>(sample);
        const bool is_noisy = std::binary_search(noisy.noisy.begin(), noisy.noisy.end(),
                                                 static_cast<std::int32_t>(sample));
        CHECK((noisy.task.labels[s] != noisy.task.true_labels[s]) == is_noisy);
    }
    CHECK(free->pair_table(free->trainings()[0]).labels == noisy.task.true_labels);
}

TEST_CASE("quick recipes keep as many checkpoints as the phases of a training need") {
    const std::filesystem::path experiments =
        std::filesystem::path(DUALTAPE_GOLDEN_DIR) / "../../experiments";
    for (const std::string& program : programs()) {
        const std::unique_ptr<Setup> setup = make_setup(program);
        lab::Options options;
        setup->add_options(options);
        const std::string text = lab::slurp(experiments / program / "recipes/quick.toml");
        options.assign(lab::toml::parse(text, "quick.toml"), "quick.toml");
        options.run_checks();
        const lab::TrainSettings& train = setup->train();
        INFO(program);
        CHECK(train.visits.steps(train.steps).size() >= analyses::kFewestCheckpoints);
    }
}

TEST_CASE("settings that do not fit are refused with a remedy") {
    const auto refused = [](const std::string& toml) {
        return lab::refusal([&] {
            lab::Options options;
            setup_of<ModularAddition>(toml, options)->make_data(0);
        });
    };
    CHECK(refused("[task]\np = 5\n[train]\nbatch_size = 64\n") ==
          "--batch-size 64: there are 20 training samples | choose 0 for all of them, or a smaller "
          "batch_size");
    CHECK(lab::contains(refused("[task]\np = 4\noperation = \"mix\"\n"), "use a prime"));
    CHECK(lab::contains(refused("[task]\nlabel_noise = 2\n"), "label_noise"));
    CHECK(refused("seeds = [0]\n") == "--seeds 0: no seed is left | choose 1 or more");
}

TEST_CASE("the largest seeds stay themselves, and no number of seeds passes them") {
    lab::Options options;
    const auto setup =
        setup_of<ModularAddition>("seed = 9007199254740990\nseeds = [2]\n[task]\np = 5\n", options);
    const auto trainings = setup->trainings();
    REQUIRE(trainings.size() == 2);
    CHECK(trainings[0].columns()[0].second == "9007199254740990");
    CHECK(trainings[1].columns()[0].second == "9007199254740991");
    CHECK(trainings[1].name == "seed9007199254740991");
    const auto refused = [](const std::string& toml) {
        return lab::refusal([&] {
            lab::Options others;
            setup_of<ModularAddition>(toml, others);
        });
    };
    CHECK(refused("seed = 9007199254740990\nseeds = [3]\n") ==
          "--seeds 3: from --seed 9007199254740990 on, this passes the largest seed, "
          "9007199254740991 | choose a smaller --seed");
    for (const char* line : {"seed = 9007199254740992\n", "seeds = [1, 9007199254740992]\n",
                             "seeds = [9223372036854775807]\n", "seed = 1764521234567890123\n"}) {
        INFO(line);
        CHECK(lab::contains(refused(line), "9007199254740991"));
    }
    CHECK(lab::contains(refused("[task]\nsplit_seed = 9007199254740992\n"), "9007199254740991"));
}

TEST_CASE("a run has at most ten thousand seeds, however they are listed") {
    const auto refused = [](const std::string& seeds) {
        return lab::refusal([&] {
            lab::Options options;
            setup_of<ModularAddition>("seeds = " + seeds + "\n[task]\np = 5\n", options);
        });
    };
    CHECK(refused("[1000000000]") ==
          "--seeds: 1000000000 seeds are wanted, at most 10000 are trained in a run | choose "
          "fewer, in several runs");
    CHECK(refused("[10001]") != "accepted");
    CHECK(refused("[9223372036854775807]") != "accepted");
    std::string list = "[0";
    for (int i = 1; i <= 10000; ++i) list += ", " + std::to_string(i);
    CHECK(lab::contains(refused(list + "]"), "10001 seeds are wanted"));
    CHECK(refused("[10000]") == "accepted");
}

}  // namespace
}  // namespace dualtape::pair_study
