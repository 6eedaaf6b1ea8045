#include <cmath>

#include <doctest/doctest.h>

#include "experiments/grokking_hessian/by_depth.h"
#include "experiments/grokking_hessian/report.h"
#include "tests/experiments/grokking_hessian/grokking_run.h"

namespace dualtape::grokking_hessian {

namespace {

constexpr double kNotReached = 1e9;

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
        const double t_gen[] = {500, kNotReached, 300, 700, kNotReached};
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
    run.training = [](int, int seed) {
        return FakeTraining{.t_gen = seed == 0 ? 500 : kNotReached};
    };
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(run, folder);
    CHECK(std::isinf(by_depth.median("t_gen", 2)));
    CHECK_FALSE(by_depth.is_reached("t_gen", 2));
    CHECK_FALSE(by_depth.groks(2));
    CHECK(by_depth.text("t_gen", 2) == "censored in 4 of 5 seeds");
}

TEST_CASE("the share that grokked is told also where none did") {
    FakeRun run = partly_grokked();
    run.training = [](int, int) { return FakeTraining{.t_gen = kNotReached}; };
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
                         : FakeTraining{.t_mem = kNotReached, .t_gen = kNotReached};
    };
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(run, folder);
    CHECK(by_depth.text("delay", 2) == "censored in 2 of 3 seeds");
    CHECK(by_depth.classes(2).find("not fitted 2 of 3") != std::string::npos);
}

TEST_CASE("one seed has values without intervals") {
    FakeRun run;
    run.training = [](int depth, int) {
        return FakeTraining{.t_gen = depth == 1 ? 900 : kNotReached};
    };
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

TEST_CASE("the value at a step is that of its own visit, or empty") {
    FakeRun run;
    run.depths = {1};
    run.training = [](int, int) {
        FakeTraining training{.t_gen = 800};
        training.lambda_max = [](double step) { return 1 + step; };
        return training;
    };
    const auto at_1000 = [&](int every, int steps) {
        run.visit_every = every;
        run.steps = steps;
        const lab::TemporaryFolder folder;
        summarised(run, folder);
        CHECK(lab::read_table(folder / "by_depth.tsv").num_rows() == 18);
        return lab::read_table(folder / "summary.tsv").texts("lambda_max_at_1000")[0];
    };
    CHECK(at_1000(500, 1500) == "1001");
    CHECK(at_1000(750, 1500).empty());  // 750 and 1500
    CHECK(at_1000(999, 1998).empty());
    CHECK(at_1000(1001, 2002).empty());
    CHECK(at_1000(100, 900).empty());
}

TEST_CASE("the sharpness after grokking names the visit that it is of") {
    FakeRun run;
    run.depths = {1};
    run.training = [](int, int) {
        FakeTraining training{.t_gen = 810};
        training.lambda_max = [](double step) { return 1 + step; };
        return training;
    };
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(run, folder);
    CHECK(by_depth.median("t_grok", 1) == 810);
    CHECK(by_depth.median("step_of_grok", 1) == 1000);
    CHECK(by_depth.median("lambda_max_grok", 1) == 1001);
}

TEST_CASE("a training that ends early has no values of the last step") {
    FakeRun run;
    run.depths = {1};
    run.seeds = 3;
    run.training = [](int, int seed) {
        FakeTraining training{.train_loss = seed == 1 ? 50 : 0.01};
        training.lambda_max = [seed](double) { return seed == 1 ? 1e6 : 2.0; };
        if (seed == 1) training.end = 500;
        return training;
    };
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(run, folder);
    CHECK(by_depth.estimate("train_loss", 1).seeds == 2);
    CHECK(by_depth.median("train_loss", 1) == 0.01);
    CHECK(by_depth.median("lambda_max_final", 1) == 2);
    CHECK(by_depth.estimate("lambda_max_initial", 1).seeds == 3);
    const lab::Table summary = lab::read_table(folder / "summary.tsv");
    for (const char* column : {"train_loss", "test_loss", "train_accuracy", "test_accuracy",
                               "generalisation_gap", "lambda_max_final"}) {
        INFO(column);
        CHECK(summary.texts(column)[1].empty());
        CHECK_FALSE(summary.texts(column)[0].empty());
    }
}

TEST_CASE("the report says why a step has no value, and how many visits were checked") {
    const auto report_of = [](const FakeRun& run) {
        const lab::TemporaryFolder folder;
        summarised(run, folder);
        lab::spit(folder / "cost.tsv", "quantity\tvalue\n");
        return make_grokking_hessian_report(folder.path);
    };
    const auto texts = [&](const FakeRun& run) {
        std::string all;
        for (const lab::ReportTable& table : report_of(run).tables) {
            all += table.note + "\n";
            for (const auto& row : table.rows) all += row.back() + "\n";
        }
        return all;
    };
    FakeRun run;
    run.visit_every = 750;
    CHECK(lab::contains(texts(run), "lambda_max_at_1000 is empty, as no visit is at step 1000."));
    CHECK(lab::contains(texts(run), "at 0 of the 6 visits of this run"));
    run.is_dense = [](int step) { return step > 0; };
    CHECK(lab::contains(texts(run), "at 4 of the 6 visits of this run"));
    run.visit_every = 250;
    CHECK_FALSE(lab::contains(texts(run), "lambda_max_at_1000 is empty"));
    run.steps = 500;
    CHECK(lab::contains(texts(run), "lambda_max_at_1000 is empty, as trainings end at step 500."));
}

TEST_CASE("the grokking sharpness is the median of the seeds that grok") {
    FakeRun run = partly_grokked();
    run.visit_every = 100;
    run.training = [](int, int seed) {
        FakeTraining training{.t_gen = seed < 2 ? 500 : kNotReached};
        training.lambda_max = [seed](double step) { return step + 10 * seed; };
        return training;
    };
    const lab::TemporaryFolder folder;
    const ByDepth by_depth = summarised(run, folder);
    CHECK(by_depth.estimate("lambda_max_grok", 2).seeds == 2);
    CHECK(by_depth.median("lambda_max_grok", 2) == 505);
    CHECK(by_depth.estimate("no_such_quantity", 2).seeds == 0);
}

}  // namespace dualtape::grokking_hessian
