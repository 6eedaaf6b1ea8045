#include "experiments/analyses/curvature/sharpness.h"

#include <cmath>

#include <doctest/doctest.h>

#include "engine/curvature/dense.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/point_operator.h"
#include "experiments/pairs/pair_classifier.h"
#include "models/initialise.h"

namespace dualtape::analyses {

using namespace dualtape::pairs;
namespace {

bool watch(const SpectrumProgress&) { return true; }

// Networks for which the publication could not compute a spectrum: width 16, depths 1 to 3.
struct Fixture {
    explicit Fixture(Index depth, models::MlpInput input = models::MlpInput::one_hot)
        : net(settings(depth, input), task(), pairs::make_split(task(), {.train_fraction = 0.5})),
          theta(models::initialise<double>(net.parameters(), {}, 3)),
          work(net.model(), 1),
          point(net.model().at(work, theta, net.batch(study::Part::train))) {}

    Sharpness measure(const SharpnessSettings& settings,
                      const Mat<double>& warm_start = Mat<double>()) const {
        return measure_sharpness(point, net.parameters(), settings, warm_start, watch);
    }

    static pairs::Task task() { return pairs::make_task({.p = 7}); }
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

}  // namespace

TEST_CASE("both ends agree with the dense spectrum, at width 16 and depths 1 to 3") {
    for (const auto input : {models::MlpInput::raw, models::MlpInput::one_hot}) {
        for (Index depth = 1; depth <= 3; ++depth) {
            INFO("depth ", depth, ", input ", static_cast<int>(input));
            Fixture fixture(depth, input);
            SharpnessSettings settings;
            settings.spectrum.tolerance = 1e-9;
            settings.dense_limit = 3000;
            const Sharpness sharpness = fixture.measure(settings);
            const Spectrum& found = sharpness.spectrum;
            CHECK(found.status == "converged");
            const Vec<double> exact =
                curvature::dense_spectrum(
                    curvature::dense_matrix(curvature::PointOperator<double>(fixture.point)).matrix)
                    .values;
            REQUIRE(sharpness.dense.has_value());
            CHECK(sharpness.dense->largest == exact(exact.size() - 1));
            const double norm = exact.cwiseAbs().maxCoeff();
            for (Index i = 0; i < 10; ++i) {
                const auto k = static_cast<std::size_t>(i);
                CHECK(std::abs(found.largest[k].value - exact(exact.size() - 1 - i)) <=
                      1e-8 * norm);
                CHECK(std::abs(found.smallest[k].value - exact(i)) <= 1e-8 * norm);
                CHECK(found.largest[k].residual <= 1e-8 * norm);
            }
            // Power iteration goes to the largest modulus.
            CHECK(std::abs(sharpness.power->value) <= norm * (1 + 1e-12));
            CHECK(sharpness.gradient_share >= 0);
            CHECK(sharpness.gradient_share <= 1 + 1e-12);
        }
    }
}

TEST_CASE("the whole matrix is taken where it costs fewer products, and is exact") {
    const Fixture fixture(1, models::MlpInput::raw);
    const curvature::PointOperator<double> hessian(fixture.point);
    const Vec<double> values =
        curvature::dense_eigenvalues(curvature::dense_matrix(hessian).matrix);
    const Index p = values.size();
    SpectrumSettings settings;
    settings.has_trace = settings.has_density = true;
    settings.dense_limit = p;
    const Spectrum whole = measure_spectrum(hessian, settings, Mat<double>(), watch);
    CHECK(whole.status == "exact");
    CHECK(whole.has_converged());
    CHECK(whole.products == p);
    CHECK(whole.largest[2].value == values(p - 3));
    CHECK(whole.smallest[1].value == values(1));
    CHECK(whole.num_negative == (values.array() < -1e-5 * values.cwiseAbs().maxCoeff()).count());
    CHECK(whole.trace->trace.value == doctest::Approx(values.sum()).epsilon(1e-13));
    CHECK(whole.trace->squared_norm.standard_error == 0);
    const curvature::Estimate count = curvature::count_above(*whole.measure, 1e-3);
    CHECK(count.value == static_cast<double>((values.array() > 1e-3).count()));
    CHECK(count.standard_error == 0);
    CHECK(whole.vectors.cols() == 0);

    settings.dense_limit = p - 1;
    CHECK(measure_spectrum(hessian, settings, Mat<double>(), watch).status == "converged");
    settings.dense_limit = p;
    const Spectrum stopped = measure_spectrum(hessian, settings, Mat<double>(),
                                              [](const SpectrumProgress&) { return false; });
    CHECK(stopped.is_cancelled());
    // Above 300 rows the products decide.
    const Fixture large(1);
    const curvature::PointOperator<double> more(large.point);
    REQUIRE(more.rows() > 300);
    settings.has_trace = settings.has_density = false;
    settings.dense_limit = 1000;
    settings.expected_products = more.rows();
    CHECK(measure_spectrum(more, settings, Mat<double>(), watch).status == "converged");
    settings.expected_products = more.rows() + 1;
    CHECK(measure_spectrum(more, settings, Mat<double>(), watch).status == "exact");
}

TEST_CASE("the share of an update in the leading space is a squared cosine; none without one") {
    const Fixture fixture(1);
    SharpnessSettings settings;
    settings.spectrum.tolerance = 1e-9;
    settings.spectrum.smallest = 1;
    const Sharpness found = fixture.measure(settings);
    CHECK_FALSE(found.update_share.has_value());
    const Index last = found.spectrum.vectors.cols() - 1;  // of the smallest eigenvalue
    settings.update = 3 * found.spectrum.vectors.col(1) - 4 * found.spectrum.vectors.col(last);
    CHECK(*fixture.measure(settings).update_share == doctest::Approx(9.0 / 25).epsilon(1e-6));
    settings.update = fixture.point.gradient();
    const Sharpness along = fixture.measure(settings);
    CHECK(*along.update_share == along.gradient_share);
}

TEST_CASE("a warm start and a second call change nothing but the products") {
    Fixture fixture(2);
    SharpnessSettings settings;
    settings.spectrum.tolerance = 1e-8;
    const Spectrum cold = fixture.measure(settings).spectrum;
    const Spectrum again = fixture.measure(settings).spectrum;
    CHECK(cold.largest[0].value == again.largest[0].value);
    CHECK(cold.vectors == again.vectors);
    const Spectrum warm = fixture.measure(settings, cold.vectors).spectrum;
    CHECK(warm.largest[0].value == doctest::Approx(cold.largest[0].value).epsilon(1e-10));
}

TEST_CASE("every stage ends within a block of products when the watch says so") {
    const Fixture fixture(2);
    const curvature::PointOperator<double> hessian(fixture.point);
    SharpnessSettings settings;
    settings.spectrum.tolerance = 1e-6;
    settings.spectrum.has_trace = settings.spectrum.has_density = true;
    settings.spectrum.check = curvature::CopyCheck::always;
    settings.has_gauss_newton = settings.has_layers = true;
    settings.preconditioner = Vec<double>::Ones(hessian.rows());
    Index all = 0;  // calls of the watch
    measure_sharpness(fixture.point, fixture.net.parameters(), settings, Mat<double>(),
                      [&](const SpectrumProgress&) { return ++all > 0; });
    REQUIRE(all > 200);
    for (Index allowed = 0; allowed < all; allowed += all / 23) {
        Index calls = 0;
        const Sharpness stopped =
            measure_sharpness(fixture.point, fixture.net.parameters(), settings, Mat<double>(),
                              [&](const SpectrumProgress&) { return calls++ < allowed; });
        CHECK(stopped.spectrum.is_cancelled());
        CHECK(calls == allowed + 1);
    }
    // The whole matrix takes blocks of 32 columns.
    SpectrumSettings dense;
    dense.dense_limit = dense.expected_products = 1000;
    Index products = 0;
    const Spectrum stopped =
        measure_spectrum(hessian, dense, Mat<double>(), [&](const SpectrumProgress& at) {
            products = at.products;
            return false;
        });
    CHECK(stopped.is_cancelled());
    CHECK(products == 32);
}

TEST_CASE("networks with equal neurons and few samples: repeated eigenvalues are all there") {
    // Equal neurons: the Hessian does not see which of them moves, so its eigenvalues come as often
    // as there are neurons less one.
    Fixture fixture(1);
    Vec<double> theta = fixture.theta;
    Index offset = 0;
    for (const models::ParameterInfo& parameter : fixture.net.parameters()) {
        Eigen::Map<Mat<double>> weights(theta.data() + offset, parameter.rows, parameter.cols);
        offset += weights.size();
        if (parameter.name.starts_with("layers.0")) {
            weights.rowwise() = weights.row(0).eval();
        } else if (parameter.name == "layers.1.weight") {
            weights.colwise() = weights.col(0).eval();
        }
    }
    const Point<double> point =
        fixture.net.model().at(fixture.work, theta, fixture.net.batch(study::Part::train));
    for (const auto matrix :
         {curvature::CurvatureMatrix::hessian, curvature::CurvatureMatrix::fisher_empirical}) {
        const curvature::PointOperator<double> hessian(point, matrix);
        const Vec<double> exact =
            curvature::dense_eigenvalues(curvature::dense_matrix(hessian).matrix);
        const double norm = exact.cwiseAbs().maxCoeff();
        for (const double tolerance : {0.0, 3e-4}) {
            INFO("tolerance ", tolerance, ", matrix ", std::string(curvature::text(matrix)));
            SpectrumSettings settings;
            settings.tolerance = tolerance;
            settings.smallest = 8;
            const Spectrum found = measure_spectrum(hessian, settings, Mat<double>(), watch);
            CHECK(found.is_largest_complete);
            for (std::size_t i = 0; i < found.largest.size(); ++i) {
                const double truth = exact(exact.size() - 1 - static_cast<Index>(i));
                CHECK(std::abs(found.largest[i].value - truth) <= kTwoDigits * norm);
                CHECK(std::abs(found.largest[i].value - truth) <= found.largest[i].bound);
            }
            if (tolerance > 0) continue;
            CHECK(found.status == "converged");
            CHECK(found.is_smallest_complete);
            for (std::size_t i = 0; i < found.smallest.size(); ++i) {
                CHECK(std::abs(found.smallest[i].value - exact(static_cast<Index>(i))) <=
                      found.smallest[i].bound);
            }
        }
    }
}

TEST_CASE("a stopped measurement says so") {
    Fixture fixture(1);
    const Sharpness stopped =
        measure_sharpness(fixture.point, fixture.net.parameters(), {}, Mat<double>(0, 0),
                          [](const SpectrumProgress&) { return false; });
    CHECK(stopped.spectrum.is_cancelled());
}

TEST_CASE(
    "trace, norm, density, Gauss-Newton, layers and Adam's metric agree with the dense matrices") {
    Fixture fixture(2);
    const Index size = fixture.net.model().size();
    const Mat<double> hessian =
        curvature::dense_matrix(curvature::PointOperator<double>(fixture.point)).matrix;
    const Mat<double> gauss_newton =
        curvature::dense_matrix(curvature::PointOperator<double>(
                                    fixture.point, curvature::CurvatureMatrix::gauss_newton))
            .matrix;
    const auto top = [](const Mat<double>& matrix) {
        const Vec<double> values = curvature::dense_spectrum(matrix).values;
        return values(values.size() - 1);
    };
    SharpnessSettings settings;
    settings.spectrum.tolerance = 1e-9;
    settings.spectrum.has_trace = settings.spectrum.has_density = true;
    settings.spectrum.density_steps = 80;
    settings.has_gauss_newton = settings.has_layers = true;
    settings.preconditioner = Vec<double>::LinSpaced(size, 0.5, 2.0);
    const Sharpness found = fixture.measure(settings);

    // Deviations beyond five standard errors have a chance below 1e-5.
    const auto agrees = [](const curvature::TraceEstimate& estimate, double exact) {
        return std::abs(estimate.value - exact) <= 5 * estimate.standard_error + 1e-12 * exact;
    };
    REQUIRE(found.spectrum.trace.has_value());
    CHECK(agrees(found.spectrum.trace->trace, hessian.trace()));
    CHECK(agrees(found.spectrum.trace->squared_norm, hessian.squaredNorm()));
    REQUIRE(found.spectrum.measure.has_value());
    const curvature::Estimate count = curvature::count_above(*found.spectrum.measure, 0.01);
    const double exact_count =
        static_cast<double>((curvature::dense_spectrum(hessian).values.array() > 0.01).count());
    CHECK(std::abs(count.value - exact_count) <= 5 * count.standard_error + 1);

    REQUIRE(found.gauss_newton.has_value());
    CHECK(found.gauss_newton->largest.value == doctest::Approx(top(gauss_newton)).epsilon(1e-8));
    CHECK(agrees(found.gauss_newton->trace, gauss_newton.trace()));
    const Vec<double> v = found.spectrum.vectors.col(0);
    CHECK(found.gauss_newton->residual_share ==
          doctest::Approx(((hessian - gauss_newton) * v).norm() / (hessian * v).norm())
              .epsilon(1e-8));

    REQUIRE(found.layers.size() == 3);
    Index first = 0;
    for (const LayerCurvature& layer : found.layers) {
        INFO(layer.name);
        const Mat<double> block = hessian.block(first, first, layer.parameters, layer.parameters);
        CHECK(layer.largest.value == doctest::Approx(top(block)).epsilon(1e-8));
        CHECK(agrees(layer.trace, block.trace()));
        first += layer.parameters;
    }
    CHECK(first == size);

    const Vec<double> root = settings.preconditioner.cwiseSqrt().cwiseInverse();
    const Mat<double> scaled = root.asDiagonal() * hessian * root.asDiagonal();
    REQUIRE(found.preconditioned.has_value());
    CHECK(found.preconditioned->value == doctest::Approx(top(scaled)).epsilon(1e-8));
}

TEST_CASE("classification: loss by hand, ties to the first, empty parts as nan") {
    Mat<double> logits(2, 2);
    logits << 0, 1, 0, 3;
    const std::vector<std::int32_t> labels{0, 0};
    const study::Classification found = study::classify<double>(logits, labels);
    CHECK(found.accuracy == 0.5);
    CHECK(found.loss ==
          doctest::Approx((std::log(2.0) + std::log(1 + std::exp(2.0))) / 2).epsilon(1e-14));
    CHECK_THROWS(study::classify<double>(logits, std::vector<std::int32_t>{0}));

    const pairs::Task task = pairs::make_task({.p = 5});
    const PairClassifier<float> net(
        [] {
            models::MlpSettings settings;
            settings.modulus = settings.num_classes = 5;
            settings.width = 4;
            return settings;
        }(),
        task, pairs::make_split(task, {.train_fraction = 1.0}));
    Workspace<float> work(net.model(), 1);
    const Vec<float> theta = models::initialise<float>(net.parameters(), {}, 0);
    CHECK(std::isnan(net.evaluate(work, theta, study::Part::test).loss));
    CHECK(net.evaluate(work, theta, study::Part::train).loss ==
          doctest::Approx(net.model().value(work, theta, net.batch(study::Part::train)))
              .epsilon(1e-6));
}

}  // namespace dualtape::analyses
