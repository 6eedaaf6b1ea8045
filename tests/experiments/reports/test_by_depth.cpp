#include <cmath>

#include <doctest/doctest.h>

#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/grokking_hessian/by_depth.h"
#include "tests/experiments/reports/grokking_run.h"

namespace dualtape::reports {
namespace {

constexpr double kNever = 1e9;

ByDepth summarised(const FakeRun& run, const lab::TemporaryFolder& folder) {
    write_run(run, folder.path);
    summarise(folder.path);
    return ByDepth(folder.path);
}

// Five seeds: test accuracy 0.95 at 300, 500 and 700, and twice never; memorised at 100.
FakeRun partly_grokked() {
    FakeRun run;
    run.seeds = 5;
    run.depths = {2};
    run.training = [](int, int seed) {
        const double t_gen[] = {500, kNever, 300, 700, kNever};
        return FakeTraining{.t_gen = t_gen[seed]};
    };
    return run;
}

}  // namespace

TEST_CASE("times that seeds do not reach are censored: neither dropped nor set to the budget") {
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(partly_grokked(), folder);
    // S falls to 4/5, 3/5, 2/5. Dropping two seeds would give 500, the budget of 2000 steps a mean
    // of 1100.
    const Estimate t_gen = by_depth.estimate("t_gen", 2);
    CHECK(t_gen.seeds == 5);
    CHECK(t_gen.censored == 2);
    CHECK(t_gen.median == 700);
    CHECK(t_gen.low == 300);
    CHECK(std::isinf(t_gen.high));
    CHECK(by_depth.text("t_gen", 2) == "700 (300 to censored), 2 of 5 censored");
    CHECK(by_depth.text("delay", 2) == "600 (200 to censored), 2 of 5 censored");
    CHECK(by_depth.text("delay_ratio", 2) == "7 (3 to censored), 2 of 5 censored");
    CHECK(by_depth.text("t_mem", 2) == "100 (100 to 100)");
    CHECK(by_depth.is_reached("t_gen", 2));
    CHECK(by_depth.groks(2));
    // Wilson: 3 of 5 is 0.2307 to 0.8824, 2 of 5 is 0.1176 to 0.7693.
    CHECK(by_depth.classes(2) == "grokked 3 of 5 (0.23 to 0.88), memorised 2 of 5 (0.12 to 0.77)");
    const lab::Table classes = lab::read_table(folder / "classes.tsv");
    CHECK(classes.numbers("count") == std::vector<double>{3, 0, 2, 0});
    CHECK(classes.numbers("share") == std::vector<double>{0.6, 0, 0.4, 0});
}

TEST_CASE("a time that most seeds do not reach has no median") {
    FakeRun run = partly_grokked();
    run.training = [](int, int seed) { return FakeTraining{.t_gen = seed == 0 ? 500 : kNever}; };
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(run, folder);
    CHECK(std::isinf(by_depth.median("t_gen", 2)));
    CHECK_FALSE(by_depth.is_reached("t_gen", 2));
    CHECK_FALSE(by_depth.groks(2));
    CHECK(by_depth.text("t_gen", 2) == "censored in 4 of 5 seeds");
}

TEST_CASE("the share that grokked is told also where none did") {
    FakeRun run = partly_grokked();
    run.training = [](int, int) { return FakeTraining{.t_gen = kNever}; };
    const lab::TemporaryFolder folder;
    // Wilson: 0 of n ends at z^2 / (n + z^2) = 3.8415 / 8.8415, and n of n is its mirror image.
    CHECK(summarised(run, folder).classes(2) ==
          "grokked 0 of 5 (0 to 0.43), memorised 5 of 5 (0.57 to 1)");
}

TEST_CASE("a training that does not memorise has a delay beyond every other") {
    FakeRun run = partly_grokked();
    run.seeds = 3;
    run.training = [](int, int seed) {
        return seed == 0 ? FakeTraining{.t_gen = 400}
                         : FakeTraining{.t_mem = kNever, .t_gen = kNever};
    };
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(run, folder);
    CHECK(by_depth.text("delay", 2) == "censored in 2 of 3 seeds");
    CHECK(by_depth.classes(2).find("not fitted 2 of 3") != std::string::npos);
}

TEST_CASE("one seed has values without intervals") {
    FakeRun run;
    run.training = [](int depth, int) { return FakeTraining{.t_gen = depth == 1 ? 900 : kNever}; };
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(run, folder);
    CHECK(by_depth.text("t_gen", 1) == "900");
    CHECK(by_depth.text("delay", 1) == "800");
    CHECK(by_depth.text("t_gen", 2) == "censored");
    CHECK(by_depth.text("train_loss", 1) == "0.01");
    CHECK(by_depth.classes(1) == "grokked");
    CHECK(by_depth.classes(2) == "memorised");
    for (const char* column : {"low", "high"}) {
        for (const char* table : {"by_depth.tsv", "classes.tsv"}) {
            for (const double x : lab::read_table(folder / table).numbers(column)) {
                CHECK(std::isnan(x));
            }
        }
    }
}

TEST_CASE("the grokking sharpness is the median of the seeds that grok") {
    FakeRun run = partly_grokked();
    run.visit_every = 100;
    run.training = [](int, int seed) {
        FakeTraining training{.t_gen = seed < 2 ? 500 : kNever};
        training.lambda_max = [seed](double step) { return step + 10 * seed; };
        return training;
    };
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(run, folder);
    CHECK(by_depth.estimate("lambda_max_grok", 2).seeds == 2);
    CHECK(by_depth.median("lambda_max_grok", 2) == 505);
    CHECK(by_depth.estimate("no_such_quantity", 2).seeds == 0);
}

}  // namespace dualtape::reports
