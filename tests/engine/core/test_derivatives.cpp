// Gradients and Hessian-vector products of whole networks against the complex step, which is exact
// to rounding; and the laws they obey.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "tests/support/complex_step.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// Chunks of 16 columns: several chunks and groups already in small batches.
Options small_chunks() {
    Options options;
    options.chunk_bytes = 1;
    return options;
}

void check_derivatives(const Network& network, Index samples, const Options& options,
                       bool weighted) {
    INFO(network.name, ", ", samples, " samples, weighted ", weighted);
    Setup<double> real(network, samples, options);
    Setup<Complex> complex(network, samples, options);
    if (weighted) {
        const Index columns = samples * real.model.plan().node(real.model.plan().loss()).shape.span;
        real.use_weights(columns);
        complex.use_weights(columns);
    }
    const Point<double> point = real.at();
    const Mat<double> V = directions(real.size(), 3);
    Mat<double> HV(real.size(), 3);
    point.hessian(V, HV);

    Vec<double> slopes(3), expected(3);
    for (Index j = 0; j < 3; ++j) {
        slopes[j] = point.gradient().dot(V.col(j));
        expected[j] = slope_by_step(complex, real.theta, V.col(j));
    }
    CHECK(relative_error(slopes, expected) < 1e-12);
    Mat<double> exact(real.size(), 3);
    for (Index j = 0; j < 3; ++j) exact.col(j) = hessian_by_step(complex, real.theta, V.col(j));
    const double error = relative_error(HV, exact);
    CHECK(error < 1e-12);
    if (std::getenv("DUALTAPE_SHOW_ERRORS") != nullptr) {
        std::printf("%-28s %4d  gradient %.1e  hessian %.1e\n", network.name.c_str(),
                    static_cast<int>(samples), relative_error(slopes, expected), error);
    }

    // u'Hv = v'Hu; v'(Hv) = curvature.
    const Mat<double> form = V.transpose() * HV;
    CHECK(relative_error(form, form.transpose().eval()) < 1e-12);
    const Vec<double> curvature = point.curvature(V);
    CHECK(relative_error(curvature, form.diagonal().eval()) < 1e-12);
}

}  // namespace

TEST_CASE("gradients and Hessian products of all networks equal the complex step") {
    for (const Network& network : all_networks()) {
        for (const Index samples : {1, 2, 7}) {
            check_derivatives(network, samples, {}, false);
            check_derivatives(network, samples, {}, true);
        }
    }
}

TEST_CASE("gradients and Hessian products over several chunks and groups equal the complex step") {
    for (const Network& network : all_networks()) {
        check_derivatives(network, 33, small_chunks(), false);
        check_derivatives(network, 150, small_chunks(), true);
    }
}

TEST_CASE("every coordinate of the gradient equals the complex step") {
    for (const Network& network : all_networks()) {
        INFO(network.name);
        Setup<double> real(network, 5);
        Setup<Complex> complex(network, 5);
        Vec<double> exact(real.size());
        for (Index j = 0; j < real.size(); ++j) {
            exact[j] = slope_by_step(complex, real.theta, Vec<double>::Unit(real.size(), j));
        }
        CHECK(relative_error(real.gradient(), exact) < 1e-12);
    }
}

TEST_CASE("the dense Hessian, column by column, equals the complex step and is symmetric") {
    for (const Network& network : all_networks()) {
        INFO(network.name);
        Setup<double> real(network, 6);
        Setup<Complex> complex(network, 6);
        const Index P = real.size();
        const Mat<double> H = real.hessian(Mat<double>::Identity(P, P));
        Mat<double> exact(P, P);
        for (Index j = 0; j < P; ++j) {
            exact.col(j) = hessian_by_step(complex, real.theta, Vec<double>::Unit(P, j));
        }
        CHECK(relative_error(H, exact) < 1e-11);
        CHECK(relative_error(H, H.transpose().eval()) < 1e-12);
    }
}

TEST_CASE("Hessian products are linear, and zero for zero") {
    for (const Network& network : all_networks()) {
        INFO(network.name);
        Setup<double> setup(network, 9);
        const Mat<double> V = directions(setup.size(), 2);
        Mat<double> W(setup.size(), 4);
        W << V, 0.3 * V.col(0) - 1.7 * V.col(1), Vec<double>::Zero(setup.size());
        const Mat<double> HW = setup.hessian(W);
        CHECK(relative_error(HW.col(2), (0.3 * HW.col(0) - 1.7 * HW.col(1)).eval()) < 1e-12);
        CHECK(HW.col(3).cwiseAbs().maxCoeff() == 0);
    }
}

TEST_CASE("Taylor remainders fall with slope two after the gradient and three after the Hessian") {
    for (const Network& network : all_networks()) {
        if (network.name == "mlp relu" || network.name == "embedding, reshaped") continue;  // kinks
        INFO(network.name);
        Setup<double> setup(network, 9);
        const Vec<double> theta = setup.theta;
        const Vec<double> v = directions(setup.size(), 1, 11) * 0.5;
        const double value = setup.value(), slope = setup.gradient().dot(v);
        const double bend = v.dot(setup.hessian(v).col(0));
        double first[2], second[2];
        const double steps[2] = {1e-2, 1e-3};
        for (int i = 0; i < 2; ++i) {
            const double t = steps[i];
            setup.theta = theta + t * v;
            const double change = setup.value() - value;
            first[i] = std::abs(change - t * slope);
            second[i] = std::abs(change - t * slope - 0.5 * t * t * bend);
        }
        CHECK(std::log10(first[0] / first[1]) > 1.9);
        // Quadratic potentials have no third derivative: nothing but rounding is left.
        if (second[0] > 1e-9) CHECK(std::log10(second[0] / second[1]) > 2.8);
    }
}

TEST_CASE("products in float are near those in double") {
    for (const Network& network : all_networks()) {
        INFO(network.name);
        Setup<float> single(network, 40);
        Setup<double> real(network, 40);
        real.theta = single.theta.cast<double>();
        const Mat<float> V = directions(real.size(), 2).cast<float>();
        CHECK(static_cast<double>(single.value()) == doctest::Approx(real.value()).epsilon(1e-5));
        CHECK(relative_error(single.gradient().cast<double>().eval(), real.gradient()) < 1e-4);
        CHECK(relative_error(single.hessian(V).cast<double>().eval(),
                             real.hessian(V.cast<double>())) < 1e-4);
    }
}

TEST_CASE("both forms of the embedding network have equal values and gradients") {
    const Index samples = 12;
    Setup<double> plain(network("embedding, by position"), samples);
    Setup<double> projected(network("projected before gather"), samples);
    std::vector<std::int32_t> a, b;
    for (Index s = 0; s < samples; ++s) {
        a.push_back(plain.tokens["ab"][static_cast<std::size_t>(2 * s)]);
        b.push_back(plain.tokens["ab"][static_cast<std::size_t>(2 * s + 1)]);
    }
    projected.batch.set("a", a.data(), samples);
    projected.batch.set("b", b.data(), samples);
    projected.batch.set("labels", plain.tokens["labels"].data(), samples);
    REQUIRE(plain.size() == projected.size());  // and in the same order
    const Mat<double> V = directions(plain.size(), 3);
    CHECK(relative_error(plain.value(), projected.value()) < 1e-14);
    CHECK(relative_error(plain.gradient(), projected.gradient()) < 1e-12);
    CHECK(relative_error(plain.hessian(V), projected.hessian(V)) < 1e-12);
}
