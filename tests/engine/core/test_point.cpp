// Products of a point other than the Hessian's: Gauss-Newton, Fisher, Jacobians, slopes; batches,
// weights and frozen parameters.

#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/complex_step.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// The product with the identity: the dense matrix.
template <class Product>
Mat<double> dense(const Point<double>& point, Product product) {
    Mat<double> result(point.size(), point.size());
    product(Mat<double>::Identity(point.size(), point.size()), result);
    return result;
}
Mat<double> dense_gauss_newton(const Point<double>& point) {
    return dense(point, [&](const auto& V, auto& R) { point.gauss_newton(V, R); });
}
Mat<double> dense_fisher(const Point<double>& point, Fisher kind) {
    return dense(point, [&](const auto& V, auto& R) { point.fisher(kind, V, R); });
}
Mat<double> dense_hessian(const Point<double>& point) {
    return dense(point, [&](const auto& V, auto& R) { point.hessian(V, R); });
}

// The Jacobian of the network output, (rows * columns) x P, column-major in the output.
Mat<double> dense_jacobian(const Point<double>& point, Index rows, Index columns) {
    const Index P = point.size();
    Mat<double> blocks(rows, columns * P);
    point.jacobian(Mat<double>::Identity(P, P), blocks);
    return Eigen::Map<const Mat<double>>(blocks.data(), rows * columns, P);
}

struct Output {
    Index rows, columns;
    Mat<double> z;
};
// The node in front of the only loss op, read through a model that ends there.
Output output_of(const Setup<double>& setup, Index samples) {
    const auto& plan = setup.model.plan();
    const auto& node = plan.node(plan.node(plan.loss_ops().at(0)).inputs[0]);
    return {node.shape.rows, node.shape.span * samples, {}};
}

const char* const kWithLossOp[] = {"mlp tanh",
                                   "mlp gelu",
                                   "regression over positions",
                                   "a label at every position",
                                   "embedding, reshaped",
                                   "projected before gather"};

}  // namespace

TEST_CASE("jacobian and its transpose are transposes, and equal the complex step of the output") {
    for (const char* name : kWithLossOp) {
        INFO(name);
        const Index samples = 5;
        Setup<double> setup(network(name), samples);
        const Point<double> point = setup.at();
        const Output out = output_of(setup, samples);
        const Mat<double> J = dense_jacobian(point, out.rows, out.columns);
        Mat<double> Jt(setup.size(), 3);
        const Mat<double> U = uniform_matrix(out.rows, out.columns * 3, 9);
        point.jacobian_transpose(U, Jt);
        const Mat<double> expected =
            J.transpose() * Eigen::Map<const Mat<double>>(U.data(), out.rows * out.columns, 3);
        CHECK(relative_error(Jt, expected) < 1e-12);
    }
    // The complex step, where the output has a name.
    Setup<double> real(network("mlp tanh"), 5);
    Setup<Complex> complex(network("mlp tanh"), 5);
    const Mat<double> V = directions(real.size(), 1);
    Mat<double> JV(4, 5);
    real.at().jacobian(V, JV);
    step(complex, real.theta, V.col(0));
    Mat<Complex> z(4, 5);
    complex.model.read(complex.work, complex.theta, complex.batch, complex.model.node("logits"), z);
    CHECK(relative_error(JV, (z.imag() / kStep).eval()) < 1e-13);
}

TEST_CASE("Gauss-Newton is J' (loss Hessian) J") {
    const Index samples = 6;
    Setup<double> setup(network("mlp tanh"), samples);
    setup.use_weights(samples);
    const Point<double> point = setup.at();
    Mat<double> z(4, samples);
    point.activation(setup.model.node("logits"), z);
    const Mat<double> J = dense_jacobian(point, 4, samples);
    Mat<double> expected = Mat<double>::Zero(setup.size(), setup.size());
    for (Index c = 0; c < samples; ++c) {
        const Vec<double> e = (z.col(c).array() - z.col(c).maxCoeff()).exp();
        const Vec<double> p = e / e.sum();
        const Mat<double> H = Mat<double>(p.asDiagonal()) - p * p.transpose();
        const auto Jc = J.middleRows(4 * c, 4);
        expected += setup.weights[c] * Jc.transpose() * H * Jc;
    }
    const Mat<double> G = dense_gauss_newton(point);
    CHECK(relative_error(G, expected) < 1e-12);
    CHECK(relative_error(dense_fisher(point, Fisher::exact), expected) < 1e-12);
}

TEST_CASE("Gauss-Newton is symmetric, semidefinite, and its curvature is v'Gv") {
    for (const char* name : kWithLossOp) {
        INFO(name);
        Setup<double> setup(network(name), 8);
        const Point<double> point = setup.at();
        const Mat<double> V = directions(setup.size(), 3);
        Mat<double> GV(setup.size(), 3);
        point.gauss_newton(V, GV);
        const Mat<double> form = V.transpose() * GV;
        CHECK(relative_error(form, form.transpose().eval()) < 1e-12);
        CHECK(form.diagonal().minCoeff() >= 0);
        CHECK(relative_error(point.gauss_newton_curvature(V), form.diagonal().eval()) < 1e-12);
    }
}

TEST_CASE("Gauss-Newton equals the Hessian where the residual is zero") {
    Setup<double> setup(network("regression over positions"), 9);
    Mat<double> y(2, 9);
    setup.model.read(setup.work, setup.theta, setup.batch, setup.model.node("output"), y);
    setup.batch.set("target", Eigen::Map<const Mat<double>>(y.data(), 2, 9));
    const Point<double> point = setup.at();
    CHECK(point.value() == doctest::Approx(0).epsilon(1e-30));
    CHECK(relative_error(dense_gauss_newton(point), dense_hessian(point)) < 1e-12);
}

TEST_CASE("Gauss-Newton equals the Hessian of networks linear in theta") {
    const Network softmax_regression = Network::of("linear", []<class Scalar>(Graph<Scalar>& g) {
        const auto z = affine(g.parameter("w", 4, 3), g.input("x", 3), g.parameter("b", 4));
        return cross_entropy(z, g.tokens("labels"));
    });
    Setup<double> setup(softmax_regression, 10);
    const Point<double> point = setup.at();
    CHECK(relative_error(dense_gauss_newton(point), dense_hessian(point)) < 1e-12);
    const Network least_squares = Network::of("linear", []<class Scalar>(Graph<Scalar>& g) {
        const auto z = affine(g.parameter("w", 4, 3), g.input("x", 3, 2), g.parameter("b", 4));
        return squared_error(z, g.input("target", 4, 2), 0.5);
    });
    Setup<double> squares(least_squares, 10);
    const Point<double> other = squares.at();
    CHECK(relative_error(dense_gauss_newton(other), dense_hessian(other)) < 1e-12);
}

TEST_CASE("Gauss-Newton of a sum of losses is the sum of theirs") {
    Setup<double> both(network("two losses"), 7);
    const auto part = [&](bool is_first) {
        const Network one = Network::of("one", [is_first]<class Scalar>(Graph<Scalar>& g) {
            const auto w = g.parameter("w", 5, 3), b = g.parameter("b", 5);
            const auto h = tanh(affine(w, g.input("x", 3), b));
            const auto z = matmul(g.parameter("u", 4, 5), h);
            const auto y = matmul(g.parameter("v", 2, 5), h);
            const auto labels = g.tokens("labels");
            const auto target = g.input("target", 2);
            return is_first ? cross_entropy(z, labels) : scale(squared_error(y, target), 0.7);
        });
        Setup<double> setup(one, 7);
        setup.theta = both.theta;
        return dense_gauss_newton(setup.at());
    };
    const Mat<double> G = dense_gauss_newton(both.at());
    CHECK(relative_error(G, (part(true) + part(false)).eval()) < 1e-12);
}

TEST_CASE("the exact Fisher is the expectation over all labels, by brute force") {
    const Index samples = 5;
    Setup<double> setup(network("mlp gelu"), samples);
    setup.use_weights(samples);
    const Mat<double> F = dense_fisher(setup.at(), Fisher::exact);
    Mat<double> z(4, samples);
    setup.at().activation(setup.model.node("logits"), z);
    Mat<double> expected = Mat<double>::Zero(setup.size(), setup.size());
    const Vec<double> weights = setup.weights;
    for (std::int32_t label = 0; label < 4; ++label) {
        setup.tokens["labels"].assign(static_cast<std::size_t>(samples), label);
        for (Index s = 0; s < samples; ++s) {
            setup.weights.setZero();
            setup.weights[s] = 1;
            const Vec<double> g = setup.gradient();
            const Vec<double> p = (z.col(s).array() - z.col(s).maxCoeff()).exp();
            expected += weights[s] * p[label] / p.sum() * g * g.transpose();
        }
    }
    CHECK(relative_error(F, expected) < 1e-12);
}

TEST_CASE("the empirical Fisher is the weighted sum of outer products of column gradients") {
    for (const char* name : {"mlp tanh", "a label at every position", "regression over positions",
                             "an affine map as the loss", "gates, slices and repeats"}) {
        for (const bool weighted : {false, true}) {
            INFO(name, ", weighted ", weighted);
            const Index samples = 6;
            Setup<double> setup(network(name), samples);
            const Index columns =
                samples * setup.model.plan().node(setup.model.plan().loss()).shape.span;
            setup.use_weights(columns);
            if (!weighted) {
                setup.weights.setConstant(1.0 / static_cast<double>(columns));
                setup.batch.weights(nullptr);
            }
            const Mat<double> F = dense_fisher(setup.at(), Fisher::empirical);
            const Vec<double> weights = setup.weights;
            setup.batch.weights(setup.weights.data());
            Mat<double> expected = Mat<double>::Zero(setup.size(), setup.size());
            for (Index c = 0; c < columns; ++c) {
                setup.weights.setZero();
                setup.weights[c] = 1;
                const Vec<double> g = setup.gradient();
                expected += weights[c] * g * g.transpose();
            }
            CHECK(relative_error(F, expected) < 1e-12);
        }
    }
}

TEST_CASE("every Fisher is linear in the weights") {
    for (const char* name : {"mlp tanh", "a label at every position", "two losses"}) {
        for (const Fisher kind : {Fisher::exact, Fisher::empirical, Fisher::sampled}) {
            INFO(name, ", kind ", static_cast<int>(kind));
            const Index samples = 8;
            Setup<double> setup(network(name), samples);
            setup.use_weights(samples *
                              setup.model.plan().node(setup.model.plan().loss()).shape.span);
            const Mat<double> F = dense_fisher(setup.at(), kind);
            setup.weights *= 8;
            CHECK(relative_error(dense_fisher(setup.at(), kind), (8 * F).eval()) < 1e-13);
        }
    }
}

TEST_CASE("positions of a sample are observed one by one, as samples are") {
    // The same columns, once as 3 positions of 4 samples and once as 12 samples.
    const auto with_positions = [](Index positions) {
        return Network::of("columns", [positions]<class Scalar>(Graph<Scalar>& g) {
            const auto w = g.parameter("w", 5, 3), b = g.parameter("b", 5);
            const auto h = tanh(affine(w, g.input("x", 3, positions), b));
            return cross_entropy(matmul(g.parameter("u", 4, 5), h), g.tokens("labels", positions));
        });
    };
    Setup<double> positions(with_positions(3), 4), samples(with_positions(1), 12);
    samples.theta = positions.theta;
    Mat<double> x(3, 12);
    x = uniform_matrix(3, 12, 5);
    std::vector<std::int32_t> labels;
    for (int c = 0; c < 12; ++c) labels.push_back(c % 4);
    for (Setup<double>* setup : {&positions, &samples}) {
        setup->batch.set("x", Eigen::Map<const Mat<double>>(x.data(), 3, 12));
        setup->batch.set("labels", labels.data(), 12);
    }
    for (const Fisher kind : {Fisher::exact, Fisher::empirical, Fisher::sampled}) {
        INFO("kind ", static_cast<int>(kind));
        CHECK(relative_error(dense_fisher(positions.at(), kind), dense_fisher(samples.at(), kind)) <
              1e-12);
    }
}

TEST_CASE("the mean of the empirical Fisher over labels drawn from the model is the exact one") {
    // All labels of one column, the others fixed: that column's share of the matrix is linear in
    // the labels' probabilities, so the mean over all columns is a sum over columns.
    for (const char* name : {"mlp gelu", "a label at every position"}) {
        for (const double factor : {1.0, 8.0}) {
            INFO(name, ", weights times ", factor);
            const Index samples = 3;
            Setup<double> setup(network(name), samples);
            const auto& loss_op = setup.model.plan().node(setup.model.plan().loss_ops().at(0));
            const auto& output = setup.model.plan().node(loss_op.inputs[0]).shape;
            const Index columns = samples * output.span;
            setup.use_weights(columns);
            setup.weights *= factor;
            const Mat<double> exact = dense_fisher(setup.at(), Fisher::exact);
            const Vec<double> weights = setup.weights;
            auto& labels = setup.tokens["labels"];
            Mat<double> mean = Mat<double>::Zero(setup.size(), setup.size());
            for (std::int32_t label = 0; label < output.rows; ++label) {
                std::fill(labels.begin(), labels.end(), label);
                Vec<double> losses(columns);
                setup.weights = weights;
                setup.at().losses(losses);
                for (Index c = 0; c < columns; ++c) {
                    setup.weights.setZero();
                    setup.weights[c] = weights[c];
                    mean += std::exp(-losses[c]) * dense_fisher(setup.at(), Fisher::empirical);
                }
            }
            CHECK(relative_error(mean, exact) < 1e-12);
        }
    }
}

TEST_CASE("the mean of the empirical Fisher over Gaussian targets is the exact one") {
    // Two points f +- d, d standing for the deviation 1 / sqrt(2 s) of one target: the empirical
    // Fisher is quadratic in the targets, so that they have the moments of the Gaussian.
    const double s = 0.35, factor = 0.6;
    const Network net = Network::of("regression", [=]<class Scalar>(Graph<Scalar>& g) {
        const auto h = tanh(matmul(g.parameter("w", 5, 3), g.input("x", 3)));
        const auto y = matmul(g.parameter("v", 2, 5), h);
        g.name("output", y);
        return scale(squared_error(y, g.input("target", 2), s), factor);
    });
    const Index samples = 4;
    Setup<double> setup(net, samples);
    setup.use_weights(samples);
    const Mat<double> exact = dense_fisher(setup.at(), Fisher::exact);
    Mat<double> f(2, samples);
    setup.model.read(setup.work, setup.theta, setup.batch, setup.model.node("output"), f);
    Mat<double> mean = Mat<double>::Zero(setup.size(), setup.size());
    for (Index row = 0; row < 2; ++row) {
        for (const double sign : {-1.0, 1.0}) {
            Mat<double> target = f;
            target.row(row).array() += sign / std::sqrt(2 * s);
            setup.batch.set("target", Eigen::Map<const Mat<double>>(target.data(), 2, samples));
            mean += dense_fisher(setup.at(), Fisher::empirical) / 2;
        }
    }
    CHECK(relative_error(mean, exact) < 1e-12);
}

TEST_CASE("in a sum of losses every loss is observed by itself, its factor a weight") {
    Setup<double> both(network("two losses"), 7);
    const auto part = [&](bool is_first) {
        const Network one = Network::of("one", [is_first]<class Scalar>(Graph<Scalar>& g) {
            const auto w = g.parameter("w", 5, 3), b = g.parameter("b", 5);
            const auto h = tanh(affine(w, g.input("x", 3), b));
            const auto z = matmul(g.parameter("u", 4, 5), h);
            const auto y = matmul(g.parameter("v", 2, 5), h);
            const auto labels = g.tokens("labels");
            const auto target = g.input("target", 2);
            return is_first ? cross_entropy(z, labels) : squared_error(y, target);
        });
        Setup<double> setup(one, 7);
        setup.theta = both.theta;
        return dense_fisher(setup.at(), Fisher::empirical);
    };
    const Mat<double> F = dense_fisher(both.at(), Fisher::empirical);
    CHECK(relative_error(F, (part(true) + 0.7 * part(false)).eval()) < 1e-12);
}

TEST_CASE("the sampled Fisher averages to the exact one, and is fixed for a seed") {
    for (const char* name : {"mlp tanh", "regression over positions"}) {
        INFO(name);
        const Index samples = 40;
        Setup<double> exact(network(name), samples);
        const Mat<double> v = directions(exact.size(), 1);
        const double expected = exact.at().gauss_newton_curvature(v)[0];
        double sum = 0, squares = 0;
        const int draws = 400;
        for (int seed = 0; seed < draws; ++seed) {
            Options options;
            options.seed = static_cast<std::uint64_t>(seed) + 1;
            Setup<double> setup(network(name), samples, options);
            Mat<double> Fv(setup.size(), 1), again(setup.size(), 1);
            const Point<double> point = setup.at();
            point.fisher(Fisher::sampled, v, Fv);
            const double form = v.col(0).dot(Fv.col(0));
            sum += form;
            squares += form * form;
            if (seed > 0) continue;
            point.fisher(Fisher::sampled, v, again);
            CHECK(same_bits(Fv, again));
        }
        const double mean = sum / draws;
        const double error = std::sqrt((squares / draws - mean * mean) / draws);
        CHECK(std::abs(mean - expected) < 5 * error);
        CHECK(error < 0.2 * expected);  // the test says something
    }
}

TEST_CASE("losses and loss slopes are those of every column") {
    for (const Network& candidate : all_networks()) {
        INFO(candidate.name);
        const Index samples = 7;
        Setup<double> setup(candidate, samples);
        Setup<Complex> complex(candidate, samples);
        const auto& loss = setup.model.plan().node(setup.model.plan().loss()).shape;
        const Index columns = loss.is_fixed ? 1 : loss.span * samples;
        const Point<double> point = setup.at();
        Vec<double> losses(columns);
        point.losses(losses);
        CHECK(relative_error(losses.mean(), point.value()) < 1e-14);
        const Mat<double> V = directions(setup.size(), 2);
        Mat<double> slopes(columns, 2), wide(columns + 3, 2);
        point.loss_slopes(V, slopes);
        point.loss_slopes(V, wide.topRows(columns));
        CHECK(same_bits(slopes, wide.topRows(columns)));
        Vec<Complex> stepped(columns);
        for (Index j = 0; j < 2; ++j) {
            step(complex, setup.theta, V.col(j));
            complex.at().losses(stepped);
            CHECK(relative_error(slopes.col(j), (stepped.imag() / kStep).eval()) < 1e-12);
        }
    }
}
