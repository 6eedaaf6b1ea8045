// Curvature where it is known in closed form. Tolerances are relative to the largest entry of the
// matrix unless said otherwise.

#include <cmath>

#include <doctest/doctest.h>

#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/lanczos.h"
#include "engine/curvature/subsets.h"
#include "tests/engine/curvature/dense_curvature.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;
using namespace dualtape::tests;

namespace {

constexpr CurvatureMatrix kGaussNewton = CurvatureMatrix::gauss_newton;

// w_L ... w_1 x against a target, halved squared error.
Network deep_scalar(int layers) {
    return Network::of("deep scalar", [layers]<class Scalar>(Graph<Scalar>& g) {
        auto h = g.input("x", 1);
        for (int layer = 0; layer < layers; ++layer) {
            h = matmul(g.parameter("w" + std::to_string(layer), 1), h);
        }
        return squared_error(h, g.input("target", 1), 0.5);
    });
}

Eigenpairs<double> ends(const Operator<double>& matrix, Index largest, Index smallest) {
    LanczosSettings<double> settings;
    settings.largest = largest;
    settings.smallest = smallest;
    return lanczos(matrix, settings);
}

}  // namespace

TEST_CASE("linear regression: H = G = 2/(nC) XX' (x) I, every eigenvalue as often as outputs") {
    const Index n = 40, classes = 3;
    const Network linear = Network::of("linear", []<class Scalar>(Graph<Scalar>& g) {
        return squared_error(matmul(g.parameter("w", 3, 6), g.input("x", 6)), g.input("t", 3));
    });
    Setup<double> net(linear, n);
    const Point<double> point = net.at();
    const Mat<double> x = net.inputs.at("x"), xx = x * x.transpose();
    const double factor = 2.0 / static_cast<double>(n * classes);
    const Mat<double> expected = factor * kronecker(xx, Mat<double>::Identity(3, 3));
    const Mat<double> h = dense_curvature(point);
    CHECK(relative_error(h, expected) < 1e-12);
    CHECK(relative_error(dense_curvature(point, kGaussNewton), expected) < 1e-12);
    CHECK(relative_error(h.trace(), 2 * x.squaredNorm() / static_cast<double>(n)) < 1e-12);

    const Vec<double> values = factor * dense_eigenvalues(xx);
    const auto found = ends(PointOperator<double>(point), 6, 3);
    REQUIRE(found.status == LanczosStatus::converged);
    const auto near = [&](double a, double b) { return std::abs(a - b) < 1e-12 * values[5]; };
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(near(found.largest[i].value, values[5 - static_cast<Index>(i) / 3]));
        CHECK(found.largest[i].multiplicity == 3);
    }
    for (const EigenPair& pair : found.smallest) {
        CHECK(near(pair.value, values[0]));
        CHECK(pair.multiplicity == 3);
    }
}

TEST_CASE("binary logistic regression: H = X diag(p (1 - p)) X' / n") {
    const Index n = 35;
    // Logits (w'x, 0).
    const Network logistic = Network::of("logistic", []<class Scalar>(Graph<Scalar>& g) {
        const auto z = matmul(g.parameter("w", 1, 5), g.input("x", 5));
        return cross_entropy(concat_rows<Scalar>({z, scale(z, 0.0)}), g.tokens("labels"));
    });
    Setup<double> net(logistic, n);
    const Mat<double> x = net.inputs.at("x");
    const Vec<double> e = (-(x.transpose() * net.theta)).array().exp();
    const Vec<double> p = (1 + e.array()).inverse();
    const Vec<double> weights = p.array() * (1 - p.array()) / static_cast<double>(n);
    const Mat<double> expected = x * weights.asDiagonal() * x.transpose();
    CHECK(relative_error(dense_curvature(net.at()), expected) < 1e-12);
}

TEST_CASE("softmax regression: H = G = Fisher = mean of (diag p - pp') (x) xx', zero modes") {
    const Index n = 30, inputs = 5;
    const Network softmax = Network::of("softmax", []<class Scalar>(Graph<Scalar>& g) {
        const auto z = matmul(g.parameter("w", 4, 5), g.input("x", 5));
        return cross_entropy(g.name("logits", z), g.tokens("labels"));
    });
    Setup<double> net(softmax, n);
    const Point<double> point = net.at();
    const Mat<double> x = net.inputs.at("x");
    Mat<double> z(4, n);
    point.activation(net.model.node("logits"), z);
    const Mat<double> p = softmax_columns(z);
    Mat<double> expected = Mat<double>::Zero(20, 20);
    for (Index i = 0; i < n; ++i) {
        expected += kronecker(x.col(i) * x.col(i).transpose(), label_covariance(p.col(i))) /
                    static_cast<double>(n);
    }
    const Mat<double> h = dense_curvature(point);
    CHECK(relative_error(h, expected) < 1e-12);
    CHECK(relative_error(dense_curvature(point, kGaussNewton), expected) < 1e-12);
    CHECK(relative_error(dense_curvature(point, CurvatureMatrix::fisher), expected) < 1e-12);
    // One for every input: all logits move alike.
    const Vec<double> values = dense_eigenvalues(h);
    CHECK(summarise(values, 1e-12 * values[19]).zero == inputs);
}

TEST_CASE("deep scalar linear network: H_ij = (f/w_i)(f/w_j) + (f-c) f/(w_i w_j), i != j") {
    for (const int layers : {1, 2, 5, 8}) {
        INFO("layers ", layers);
        Setup<double> net(deep_scalar(layers), 1);
        net.inputs.at("x")(0, 0) = 1;
        net.inputs.at("target")(0, 0) = 0.3;
        for (Index i = 0; i < layers; ++i) net.theta[i] += net.theta[i] < 0 ? -0.6 : 0.6;
        const Vec<double> w = net.theta;
        double f = 1;
        for (const double weight : w) f *= weight;
        const Vec<double> slope = f * w.cwiseInverse();
        Mat<double> expected = slope * slope.transpose();
        const Mat<double> rank_one = expected;
        for (Index j = 0; j < layers; ++j) {
            for (Index i = 0; i < layers; ++i) {
                if (i != j) expected(i, j) += (f - 0.3) * f / (w[i] * w[j]);
            }
        }
        CHECK(relative_error(dense_curvature(net.at()), expected) < 1e-13);
        CHECK(relative_error(dense_curvature(net.at(), kGaussNewton), rank_one) < 1e-13);
        // At f = c: rank 1.
        net.inputs.at("target")(0, 0) = f;
        const Mat<double> h = dense_curvature(net.at());
        CHECK(relative_error(h, rank_one) < 1e-13);
        const Vec<double> values = dense_eigenvalues(h);
        CHECK(values[layers - 1] == doctest::Approx(slope.squaredNorm()).epsilon(1e-13));
        CHECK(values.head(layers - 1).norm() < 1e-13 * values[layers - 1]);
    }
}

TEST_CASE("(w1 w2)^2 / 2: zero at the origin, diag(0, a^2) at (a, 0), exactly") {
    const Network product = Network::of("product", []<class Scalar>(Graph<Scalar>& g) {
        const auto w1 = g.parameter("w1", 1);
        const auto w2 = g.parameter("w2", 1);
        return scale(square(mul(w1, w2)), 0.5);
    });
    Setup<double> net(product, 0);
    net.theta << 0, 0;
    CHECK(dense_curvature(net.at()) == Mat<double>::Zero(2, 2));
    net.theta << 1.3, 0;
    Mat<double> expected(2, 2);
    expected << 0, 0, 0, 1.3 * 1.3;
    CHECK(dense_curvature(net.at()) == expected);
}

TEST_CASE("the Laplacian tridiag(-1, 2, -1) has eigenvalues 2 - 2 cos(k pi / (n + 1))") {
    const Index n = 120;
    const FunctionOperator<double> laplacian(n, [](In<Mat<double>> v, Out<Mat<double>> av) {
        av = 2 * v;
        av.topRows(n - 1) -= v.bottomRows(n - 1);
        av.bottomRows(n - 1) -= v.topRows(n - 1);
    });
    const auto found = ends(laplacian, 5, 5);
    REQUIRE(found.status == LanczosStatus::converged);
    const auto exact = [](Index k) {
        return 2 - 2 * std::cos(static_cast<double>(k) * M_PI / static_cast<double>(n + 1));
    };
    for (std::size_t i = 0; i < 5; ++i) {
        const auto k = static_cast<Index>(i);
        CHECK(std::abs(found.largest[i].value - exact(n - k)) < 1e-12 * 4);
        CHECK(std::abs(found.smallest[i].value - exact(k + 1)) < 1e-12 * 4);
    }
}

TEST_CASE("a prescribed spectrum from 1e-12 to 1e3, rotated or not, is found with all copies") {
    const Index n = 200;
    Vec<double> values(n);
    values.head(14) << 1000, 1000, 1000, -1000, -1000, -1000, 10, 10, 10, -10, -10, -10, 7, -7;
    for (Index i = 14; i < n; ++i) {
        values[i] = std::pow(10.0, 12.0 * static_cast<double>(i - n + 1) / (n - 15.0));
    }
    const Vec<double> u = uniform_vector(n, 4).normalized();
    for (const bool is_rotated : {false, true}) {
        // R D R with the reflection R = I - 2 u u'.
        const FunctionOperator<double> matrix(n, [&](In<Mat<double>> v, Out<Mat<double>> av) {
            const auto reflect = [&](const Mat<double>& x) -> Mat<double> {
                return is_rotated ? Mat<double>(x - 2 * u * (u.transpose() * x)) : x;
            };
            av = reflect(values.asDiagonal() * reflect(v));
        });
        const auto found = ends(matrix, 7, 7);
        INFO("rotated ", is_rotated, ", products ", found.products, " + ", found.check_products);
        REQUIRE(found.status == LanczosStatus::converged);
        const double expected[] = {1000, 1000, 1000, 10, 10, 10, 7};
        const Index copies[] = {3, 3, 3, 3, 3, 3, 1};
        for (std::size_t i = 0; i < 7; ++i) {
            for (const double sign : {1.0, -1.0}) {
                const EigenPair& pair = sign > 0 ? found.largest[i] : found.smallest[i];
                const double error = std::abs(pair.value - sign * expected[i]);
                CHECK(error < 1e-10 * 1000);
                CHECK(error <= pair.bound);
                CHECK(pair.multiplicity == copies[i]);
            }
        }
    }
}

TEST_CASE("the residual H - G is the sum of output slopes times output Hessians") {
    const Index n = 6;
    for (const char* name : {"mlp tanh", "mlp gelu"}) {
        INFO(name);
        Setup<double> net(network(name), n);
        const Point<double> point = net.at();
        const Mat<double> v = directions(net.size(), 1);
        Mat<double> z(4, n), jv(4, n), bent(4, n), gv(net.size(), 1), residual(net.size(), 1),
            hv(net.size(), 1);
        point.activation(net.model.node("logits"), z);
        const Mat<double> p = softmax_columns(z);
        point.jacobian(v, jv);
        for (Index i = 0; i < n; ++i) {
            bent.col(i) = label_covariance(p.col(i)) * jv.col(i) / static_cast<double>(n);
        }
        point.jacobian_transpose(bent, gv);
        point.hessian(v, hv);
        const Vec<double> expected = hv - gv;
        PointOperator<double>(point, CurvatureMatrix::residual).apply(v, residual);
        CHECK(relative_error(residual.col(0), expected) < 1e-12);
    }
}

TEST_CASE("v'Gv is not negative, in the null space of G either") {
    Setup<double> net(network("mlp tanh"), 10);
    const Point<double> point = net.at();
    const DenseSpectrum spectrum = dense_spectrum(dense_curvature(point, kGaussNewton));
    const Index rank = 3 * 10;  // outputs less the softmax shift, per sample
    const Vec<double> forms = point.gauss_newton_curvature(spectrum.vectors);
    CHECK(forms.minCoeff() >= 0);
    const double norm = spectrum.values[net.size() - 1];
    CHECK(forms.head(net.size() - rank).maxCoeff() < 1e-13 * norm);
    CHECK(relative_error(forms, spectrum.values) < 1e-13);
}

TEST_CASE("the sampled Fisher is symmetric and of rank one per sample") {
    Setup<double> net(network("mlp tanh"), 3);
    const Mat<double> f = dense_curvature(net.at(), CurvatureMatrix::fisher_sampled);
    CHECK(relative_error(f, f.transpose().eval()) < 1e-12);
    const Vec<double> values = dense_spectrum(f).values;
    const double norm = values[net.size() - 1];
    CHECK(values[net.size() - 4] < 1e-13 * norm);
    CHECK(values[net.size() - 3] > 1e-6 * norm);
    CHECK(values[0] > -1e-13 * norm);
}

TEST_CASE("the sampled Fisher tends to the exact one as the root of the number of draws") {
    const Index n = 40;
    Subset all(n);
    for (Index i = 0; i < n; ++i) all[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i);
    double squares = 0;
    int count = 0;
    for (const Index draws : {1, 16, 256}) {
        const Subset repeated = repeat_samples(all, draws);
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            Options options;
            options.seed = seed;
            Setup<double> net(network("mlp tanh"), n, options);
            const Mat<double> v = directions(net.size(), 1, seed);
            Mat<double> z(4, n), u(4, n), fv(net.size(), 1);
            const Point<double> exact = net.at();
            exact.activation(net.model.node("logits"), z);
            exact.jacobian(v, u);
            const double truth = exact.gauss_newton_curvature(v)[0];
            // A label s gives q_s = (u_s - p'u)^2: its variance is that of v'Fv, per sample.
            double variance = 0;
            const Mat<double> p = softmax_columns(z);
            for (Index i = 0; i < n; ++i) {
                const Vec<double> q = (u.col(i).array() - p.col(i).dot(u.col(i))).square();
                const double mean = p.col(i).dot(q);
                variance += p.col(i).dot(q.cwiseProduct(q)) - mean * mean;
            }
            const double error =
                std::sqrt(variance / static_cast<double>(draws)) / static_cast<double>(n);
            net.batch.select(repeated.data(), static_cast<Index>(repeated.size()));
            PointOperator<double>(net.at(), CurvatureMatrix::fisher_sampled).apply(v, fv);
            const double deviation = (v.col(0).dot(fv.col(0)) - truth) / error;
            INFO("draws ", draws, ", seed ", seed, ", in standard errors ", deviation);
            CHECK(std::abs(deviation) < 4);
            squares += deviation * deviation;
            ++count;
        }
    }
    // Chi squared over 60: mean 1, standard deviation 0.18.
    CHECK(std::abs(squares / count - 1) < 4 * std::sqrt(2.0 / count));
}
