// Titles of the figures of grokking_hessian: what they say is what the picture shows.
#include <cmath>

#include <doctest/doctest.h>

#include "experiments/grokking_hessian/figure_source.h"
#include "experiments/grokking_hessian/report.h"
#include "tests/experiments/grokking_hessian/grokking_run.h"

namespace dualtape::grokking_hessian {

namespace {

// The title of one figure of a run.
std::string title_of(const FakeRun& run, lab::Figure (*make)(const FigureSource&)) {
    const lab::TemporaryFolder folder;
    write_run(run, folder.path);
    summarise(folder.path);
    return make(FigureSource(folder.path)).title;
}

std::string overlap_title(const FakeRun& run) {
    return title_of(run, [](const FigureSource& source) { return eigenvector_overlap(source, 1); });
}

// Overlaps with earlier visits fall to .86 and .55 at the last one.
FakeRun turning() {
    FakeRun run;
    run.overlap = [](int step, int) { return step == 1500 ? 0.55 : step == 1250 ? 0.86 : 0.95; };
    return run;
}

// Sharpness of each depth at the start, and ten times as much at the end.
FakeRun with_sharpness(int seeds, double of_one, double of_two, double spread) {
    FakeRun run;
    run.seeds = seeds;
    run.training = [=](int depth, int seed) {
        FakeTraining training;
        training.lambda_max = [=](double step) {
            return (step == 0 ? 1 : 10) * ((depth == 1 ? of_one : of_two) + spread * seed);
        };
        return training;
    };
    return run;
}

FakeRun with_times(int seeds, double of_one, double of_two, double spread) {
    FakeRun run;
    run.seeds = seeds;
    run.training = [=](int depth, int seed) {
        return FakeTraining{.t_gen = (depth == 1 ? of_one : of_two) + spread * seed};
    };
    return run;
}

}  // namespace

TEST_CASE("a direction that turns at the end has not settled") {
    CHECK(overlap_title(turning()) ==
          "The leading direction keeps turning: overlap 0.55 between the last two visits");
    FakeRun run;
    run.overlap = [](int, int) { return 0.9; };
    CHECK(overlap_title(run) ==
          "The leading direction has settled over the last 4 visits: overlap 0.9 between the last "
          "two visits");
    run.overlap = [](int, int) { return 0.899; };
    CHECK(overlap_title(run) ==
          "The leading direction keeps turning: overlap 0.9 between the last two visits");
    // Neighbours agree, and yet it drifts.
    run.overlap = [](int step, int other) { return 1 - (step - other) / 3000.0; };
    CHECK(lab::contains(overlap_title(run), "keeps turning"));
    // Three visits show no settling.
    run.overlap = [](int, int) { return 1.0; };
    run.visit_every = 750;
    CHECK(overlap_title(run) == "The leading direction: overlap 1 between the last two visits");
}

TEST_CASE("an order of sharpness in depth needs seeds that lie apart") {
    const auto title = [](int seeds, double one, double two, double spread) {
        return title_of(with_sharpness(seeds, one, two, spread), sharpness_by_depth);
    };
    CHECK(title(1, 100, 105, 0) ==
          "Sharpness has no decided order in depth (one seed) at the start and at the end");
    CHECK(title(1, 100, 1000, 0) ==
          "Sharpness has no decided order in depth (one seed) at the start and at the end");
    CHECK(title(2, 100, 1000, 1) ==
          "Sharpness has no decided order in depth (2 seeds) at the start and at the end");
    CHECK(title(3, 100, 101, 1) ==
          "Sharpness has no decided order in depth (the spreads overlap) at the start and at the "
          "end");
    CHECK(title(3, 100, 103, 1) == "Sharpness rises with depth at the start and at the end");
    CHECK(title(3, 103, 100, 1) == "Sharpness falls with depth at the start and at the end");
}

TEST_CASE("which depth generalises first is said of seeds that lie apart") {
    const auto title = [](int seeds, double one, double two, double spread) {
        return title_of(with_times(seeds, one, two, spread), test_accuracy);
    };
    CHECK(title(1, 500, 900, 0) == "Every depth generalises");
    CHECK(title(3, 500, 510, 10) == "Every depth generalises");
    CHECK(title(3, 900, 500, 10) == "Every depth generalises, depth 2 first");
}

TEST_CASE("sharpness ends above its start where it is clearly larger, at every seed") {
    const auto title = [](double factor_at_one, int seeds) {
        FakeRun run;
        run.seeds = seeds;
        run.training = [=](int, int seed) {
            FakeTraining training;
            training.lambda_max = [=](double step) {
                return step < 1500 ? 100 : seed == 1 ? 100 * factor_at_one : 300.0;
            };
            return training;
        };
        return title_of(run, sharpness_by_step);
    };
    CHECK(title(1.05, 1) == "Sharpness ends above its start at every depth");
    CHECK(title(1.5, 2) == "Sharpness ends above its start at every depth");
    CHECK(title(1.49, 2) == "Sharpness over the training at every depth");
    FakeRun flat;
    flat.training = [](int, int) {
        FakeTraining training;
        training.lambda_max = [](double step) { return step < 1500 ? 100.0 : 105.0; };
        return training;
    };
    CHECK(title_of(flat, sharpness_by_step) == "Sharpness ends near its start at every depth");
}

TEST_CASE("losses that end close to each other follow each other, others do not") {
    const auto title = [](double train, double test) {
        FakeRun run;
        run.training = [=](int, int) {
            return FakeTraining{.train_loss = train, .test_loss = test};
        };
        return title_of(run, losses);
    };
    CHECK(title(0.01, 1) == "Test loss ends above train loss at every depth");
    CHECK(title(1, 1.1) == "Test loss ends near train loss");
    CHECK(title(0.01, 5) ==
          "Test loss ends above a uniform guess at every depth");  // log 59 = 4.08
}

}  // namespace dualtape::grokking_hessian
