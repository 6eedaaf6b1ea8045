#include "experiments/analysis/sharpness.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/point_operator.h"
#include "experiments/analysis/pair_classifier.h"
#include "models/initialise.h"

namespace dualtape::analysis {
namespace {

// Networks for which the publication could not compute a spectrum: width 16, depths 1 to 3.
struct Fixture {
    explicit Fixture(Index depth, models::MlpInput input = models::MlpInput::one_hot)
        : net(settings(depth, input), task(), data::make_split(task(), {.train_fraction = 0.5})),
          theta(models::initialise<double>(net.parameters(), {}, 3)),
          work(net.model(), 1),
          point(net.model().at(work, theta, net.batch(Part::train))) {}

    static data::Task task() { return data::make_task({.p = 7}); }
    static models::MlpSettings settings(Index depth, models::MlpInput input) {
        models::MlpSettings settings;
        settings.input = input;
        settings.modulus = settings.num_classes = 7;
        settings.width = 16;
        settings.depth = depth;
        return settings;
    }

    PairClassifier<double> net;
    Vec<double> theta;
    Workspace<double> work;
    Point<double> point;
};

bool never() { return false; }

}  // namespace

TEST_CASE("both ends agree with the dense spectrum, at width 16 and depths 1 to 3") {
    for (const auto input : {models::MlpInput::raw, models::MlpInput::one_hot}) {
        for (Index depth = 1; depth <= 3; ++depth) {
            INFO("depth ", depth, ", input ", static_cast<int>(input));
            Fixture fixture(depth, input);
            SharpnessSettings settings;
            settings.tolerance = 1e-9;
            settings.dense_limit = 3000;
            const Sharpness found =
                measure_sharpness(fixture.point, settings, Mat<double>(0, 0), never);
            CHECK(found.status == "converged");
            const Vec<double> exact =
                curvature::dense_spectrum(
                    curvature::dense_matrix(curvature::PointOperator<double>(fixture.point)).matrix)
                    .values;
            REQUIRE(found.dense.has_value());
            CHECK(found.dense->largest == exact(exact.size() - 1));
            const double norm = exact.cwiseAbs().maxCoeff();
            for (Index i = 0; i < 10; ++i) {
                const auto k = static_cast<std::size_t>(i);
                CHECK(std::abs(found.largest[k].value - exact(exact.size() - 1 - i)) <=
                      1e-8 * norm);
                CHECK(std::abs(found.smallest[k].value - exact(i)) <= 1e-8 * norm);
                CHECK(found.largest[k].residual <= 1e-8 * norm);
            }
            // Power iteration goes to the largest modulus.
            CHECK(std::abs(found.power->value) <= norm * (1 + 1e-12));
            CHECK(found.gradient_share >= 0);
            CHECK(found.gradient_share <= 1 + 1e-12);
        }
    }
}

TEST_CASE("a warm start and a second call change nothing but the products") {
    Fixture fixture(2);
    SharpnessSettings settings;
    settings.tolerance = 1e-8;
    const Sharpness cold = measure_sharpness(fixture.point, settings, Mat<double>(0, 0), never);
    const Sharpness again = measure_sharpness(fixture.point, settings, Mat<double>(0, 0), never);
    CHECK(cold.largest[0].value == again.largest[0].value);
    CHECK(cold.vectors == again.vectors);
    const Sharpness warm = measure_sharpness(fixture.point, settings, cold.vectors, never);
    CHECK(warm.largest[0].value == doctest::Approx(cold.largest[0].value).epsilon(1e-10));
}

TEST_CASE("a stopped measurement says so") {
    Fixture fixture(1);
    const Sharpness stopped =
        measure_sharpness(fixture.point, {}, Mat<double>(0, 0), [] { return true; });
    CHECK(stopped.status == "cancelled");
}

TEST_CASE("classification: loss by hand, ties to the first, empty parts as nan") {
    Mat<double> logits(2, 2);
    logits << 0, 1, 0, 3;
    const std::vector<std::int32_t> labels{0, 0};
    const Classification found = classify<double>(logits, labels);
    CHECK(found.accuracy == 0.5);
    CHECK(found.loss ==
          doctest::Approx((std::log(2.0) + std::log(1 + std::exp(2.0))) / 2).epsilon(1e-14));
    CHECK_THROWS(classify<double>(logits, std::vector<std::int32_t>{0}));

    const data::Task task = data::make_task({.p = 5});
    const PairClassifier<float> net(
        [] {
            models::MlpSettings settings;
            settings.modulus = settings.num_classes = 5;
            settings.width = 4;
            return settings;
        }(),
        task, data::make_split(task, {.train_fraction = 1.0}));
    Workspace<float> work(net.model(), 1);
    const Vec<float> theta = models::initialise<float>(net.parameters(), {}, 0);
    CHECK(std::isnan(net.evaluate(work, theta, Part::test).loss));
    CHECK(net.evaluate(work, theta, Part::train).loss ==
          doctest::Approx(net.model().value(work, theta, net.batch(Part::train))).epsilon(1e-6));
}

}  // namespace dualtape::analysis
