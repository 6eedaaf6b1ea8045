// What symmetries of a network say about its Hessian.

#include <cmath>

#include <doctest/doctest.h>

#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/lanczos.h"
#include "engine/curvature/parameter_indices.h"
#include "engine/curvature/restricted_operator.h"
#include "engine/curvature/scaled_operator.h"
#include "tests/engine/curvature/dense_curvature.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::curvature;
using namespace dualtape::testing;
using namespace dualtape::tests;

namespace {

// Weight and bias of a layer of the multilayer perceptrons.
IndexSet layer(const Plan<double>& plan, int number) {
    const std::string id = std::to_string(number);
    return join({parameter_indices(plan, "w" + id), parameter_indices(plan, "b" + id)});
}

}  // namespace

TEST_CASE("a relu network has H = G within every layer, hence on the diagonal, and not beyond") {
    // Its output is piecewise linear in the weights and biases of one layer.
    const auto difference = [](const char* name) {
        Setup<double> net(network(name), 40);
        const Point<double> point = net.at();
        const PointOperator<double> hessian(point);
        const PointOperator<double> gauss_newton(point, CurvatureMatrix::gauss_newton);
        double within = 0;
        for (int number = 0; number < 3; ++number) {
            const IndexSet indices = layer(net.model.plan(), number);
            const Mat<double> h = dense_matrix(RestrictedOperator<double>(hessian, indices)).matrix;
            const Mat<double> g =
                dense_matrix(RestrictedOperator<double>(gauss_newton, indices)).matrix;
            within = std::max(within, relative_error(h, g));
        }
        const Mat<double> h = dense_matrix(hessian).matrix, g = dense_matrix(gauss_newton).matrix;
        CHECK(relative_error(h, g) > 0.01);
        return std::pair(within, relative_error(h.diagonal().eval(), g.diagonal().eval()));
    };
    const auto [within, on_diagonal] = difference("mlp relu");
    CHECK(within < 1e-12);
    CHECK(on_diagonal < 1e-12);
    const auto [smooth_within, smooth_on_diagonal] = difference("mlp tanh");
    CHECK(smooth_within > 0.01);
    CHECK(smooth_on_diagonal > 0.01);
}

TEST_CASE("rescaled relu layers have the same loss and the predicted Hessian") {
    Setup<double> net(network("mlp relu"), 30);
    const double loss = net.value();
    const Mat<double> before = dense_curvature(net.at());
    // theta <- D theta leaves the function as it is, so H <- D^-1 H D^-1.
    const Plan<double>& plan = net.model.plan();
    Vec<double> d = Vec<double>::Ones(net.size());
    d(layer(plan, 0)).setConstant(3);
    d(parameter_indices(plan, "b1")).setConstant(0.6);
    d(parameter_indices(plan, "w1")).setConstant(0.2);
    d(parameter_indices(plan, "w2")).setConstant(1 / 0.6);
    net.theta = net.theta.cwiseProduct(d);
    CHECK(relative_error(net.value(), loss) < 1e-13);
    const DenseOperator<double> old(before);
    const ScaledOperator<double> predicted(old, d.cwiseProduct(d));
    CHECK(relative_error(dense_curvature(net.at()), dense_matrix(predicted).matrix) < 1e-12);
}

TEST_CASE("permuted neurons have the same spectrum") {
    Setup<double> net(network("mlp tanh"), 30);
    const Vec<double> before = dense_eigenvalues(dense_curvature(net.at()));
    // Hidden neurons 0 .. 6 of the first layer in reverse.
    const Plan<double>& plan = net.model.plan();
    const Vec<double> theta = net.theta;
    const IndexSet next = parameter_indices(plan, "w1");
    for (Index i = 0; i < 7; ++i) {
        net.theta(neuron_indices(plan, "w0", "b0", i)) =
            theta(neuron_indices(plan, "w0", "b0", 6 - i));
        for (Index r = 0; r < 6; ++r) {
            net.theta[next[static_cast<std::size_t>(r + 6 * i)]] =
                theta[next[static_cast<std::size_t>(r + 6 * (6 - i))]];
        }
    }
    REQUIRE((net.theta - theta).norm() > 1);
    const Vec<double> after = dense_eigenvalues(dense_curvature(net.at()));
    CHECK(relative_error(after, before) < 1e-12);
}

TEST_CASE("moving all logits alike is a zero mode") {
    Setup<double> net(network("mlp tanh"), 30);
    const Plan<double>& plan = net.model.plan();
    Mat<double> modes = Mat<double>::Zero(net.size(), 7);
    // All weights from one hidden neuron, or all biases of the logits.
    const IndexSet last = layer(plan, 2);
    for (Index j = 0; j < 7; ++j) {
        for (Index i = 0; i < 4; ++i) modes(last[static_cast<std::size_t>(i + 4 * j)], j) = 1;
    }
    const Mat<double> h = dense_curvature(net.at());
    CHECK((h * modes).cwiseAbs().maxCoeff() < 1e-14 * h.norm());
}

TEST_CASE("a classifier of Z_p at an equivariant theta has eigenvalues of multiplicity p") {
    // Logits W[:, a] for the label a, W = c I: with q the probability of a wrong class, r that of
    // the right one, every block diag p - pp' has the eigenvalues p r q, q (p - 2 times) and 0.
    const Index p = 7;
    const Network classifier = Network::of("table", []<class Scalar>(Graph<Scalar>& g) {
        return cross_entropy(gather(g.parameter("w", 7, 7), g.tokens("a")), g.tokens("labels"));
    });
    Setup<double> net(classifier, p);
    for (Index a = 0; a < p; ++a) {
        net.tokens.at("a")[static_cast<std::size_t>(a)] = static_cast<std::int32_t>(a);
        net.tokens.at("labels")[static_cast<std::size_t>(a)] = static_cast<std::int32_t>(a);
    }
    net.theta.setZero();
    for (Index a = 0; a < p; ++a) net.theta[a + p * a] = 1.5;
    const double right = std::exp(1.5) / (std::exp(1.5) + 6), wrong = (1 - right) / 6;
    LanczosSettings<double> settings;
    settings.largest = 9;
    settings.smallest = 7;
    const auto found = lanczos(PointOperator<double>(net.at()), settings);
    REQUIRE(found.status == LanczosStatus::converged);
    const double scale = right * wrong;
    for (std::size_t i = 0; i < 9; ++i) {
        const double expected = i < 7 ? right * wrong : wrong / 7;
        CHECK(std::abs(found.largest[i].value - expected) < 1e-10 * scale);
    }
    CHECK(found.largest[0].multiplicity == 7);
    for (const EigenPair& pair : found.smallest) CHECK(std::abs(pair.value) < 1e-10 * scale);
}
