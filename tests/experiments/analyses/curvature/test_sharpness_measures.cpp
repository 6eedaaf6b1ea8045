// The sharpness measures together: each against its definition on the same network.
#include "experiments/analyses/curvature/sharpness_measures.h"

#include <doctest/doctest.h>

#include "engine/core/point.h"
#include "engine/curvature/dense.h"
#include "engine/curvature/point_operator.h"
#include "experiments/pairs/pair_classifier.h"
#include "models/initialise.h"

namespace dualtape::analyses {

using namespace dualtape::pairs;
namespace {

bool go_on() { return true; }

struct MeasuredNetwork {
    MeasuredNetwork()
        : net(settings(), task(), pairs::make_split(task(), {.train_fraction = 0.5})) {}

    static pairs::Task task() { return pairs::make_task({.p = 7}); }
    static models::MlpSettings settings() {
        models::MlpSettings settings;
        settings.input = models::MlpInput::one_hot;
        settings.activation = models::Activation::tanh;
        settings.modulus = settings.num_classes = 7;
        settings.width = 6;
        settings.depth = 1;
        return settings;
    }
    SharpnessMeasures measure(const MeasureSettings& settings, int threads = 1) const {
        Workspace<double> work(net.model(), threads);
        work.use_threads_always(true);
        return measure_all_sharpness(net.model(), work, theta, net.batch(study::Part::train),
                                     settings, go_on);
    }

    PairClassifier<double> net;
    Vec<double> theta = 2 * models::initialise<double>(net.parameters(), {}, 3);
};

}  // namespace

TEST_CASE("all measures agree with their definitions, by the dense Hessian and by the loss") {
    const MeasuredNetwork fixture;
    MeasureSettings settings;
    settings.average_sigma = 1e-3;  // small enough for the second order
    settings.average_pairs = 400;
    settings.keskar_epsilon = 1e-3;
    const SharpnessMeasures found = fixture.measure(settings);

    Workspace<double> work(fixture.net.model(), 1);
    const Batch<double> batch = fixture.net.batch(study::Part::train);
    const Point<double> point = fixture.net.model().at(work, fixture.theta, batch);
    const Vec<double> g = point.gradient();
    const double loss = point.value();
    const Mat<double> h = curvature::dense_matrix(curvature::PointOperator<double>(point)).matrix;
    const Mat<double> gauss_newton =
        curvature::dense_matrix(
            curvature::PointOperator<double>(point, curvature::CurvatureMatrix::gauss_newton))
            .matrix;
    const auto rise = [&](const Vec<double>& delta) {
        return fixture.net.model().value(work, fixture.theta + delta, batch) - loss;
    };

    CHECK(found.loss == loss);
    CHECK(found.gradient_norm == g.norm());
    CHECK(found.norm == doctest::Approx(fixture.theta.norm()).epsilon(1e-14));
    CHECK(found.gradient_curvature ==
          doctest::Approx(g.dot(h * g) / g.squaredNorm()).epsilon(1e-12));
    CHECK(found.fisher_rao ==
          doctest::Approx(fixture.theta.dot(gauss_newton * fixture.theta)).epsilon(1e-12));
    // The loss falls just before the critical step, and rises just after it.
    CHECK(rise(-0.985 * found.critical.step * g) <= 0);
    CHECK(rise(-1.015 * found.critical.step * g) > 0);
    CHECK(found.sam == doctest::Approx(rise(0.05 / g.norm() * g)).epsilon(1e-10));
    const Vec<double> t = fixture.theta.cwiseAbs().array() + 0.01;
    const Vec<double> tg = t.cwiseProduct(g);
    CHECK(found.asam == doctest::Approx(rise(0.5 / tg.norm() * t.cwiseProduct(tg))).epsilon(1e-10));
    // Five standard errors have a chance below 1e-6; the fourth order is below 1e-6 relative.
    CHECK(std::abs(found.average.mean - 0.5e-6 * h.trace()) <= 5 * found.average.error);
    CHECK(found.average.error < 0.1 * found.average.mean);
    // The worst case is no less than the rise along the gradient, and a box holds SAM's direction.
    CHECK(found.ball >= found.sam);
    const double edge = 1e-3 / g.cwiseAbs().maxCoeff();
    CHECK(found.keskar >= 100 * rise(edge * g) / (1 + loss));
    CHECK(found.gradients == 2 * (5 * 50 + 1));
    CHECK(found.evaluations <= 2 * 400 + 1 + 4 + 25);
}

TEST_CASE("measures have the same bits for any number of threads, and stop when asked to") {
    const MeasuredNetwork fixture;
    MeasureSettings settings;
    settings.ascent_evaluations = 5;
    const SharpnessMeasures one = fixture.measure(settings, 1),
                            three = fixture.measure(settings, 3);
    CHECK(one.critical.value == three.critical.value);
    CHECK(one.asam == three.asam);
    CHECK(one.average.mean == three.average.mean);
    CHECK(one.ball == three.ball);
    CHECK(one.keskar == three.keskar);
    MeasureSettings other = settings;
    other.seed = 1;
    CHECK(fixture.measure(other).average.mean != one.average.mean);

    Workspace<double> work(fixture.net.model(), 1);
    for (const Index allowed : {Index{0}, one.evaluations - 1, one.evaluations + 3}) {
        Index asked = 0;
        const SharpnessMeasures stopped = measure_all_sharpness(
            fixture.net.model(), work, fixture.theta, fixture.net.batch(study::Part::train),
            settings, [&] { return asked++ < allowed; });
        CHECK(stopped.is_cancelled);
        CHECK(stopped.evaluations + stopped.gradients == allowed);
        CHECK(stopped.sam == (allowed > 0 ? one.sam : 0));
        CHECK(stopped.average.mean == (allowed > one.evaluations ? one.average.mean : 0));
        CHECK(stopped.ball == 0);
    }
}

}  // namespace dualtape::analyses
