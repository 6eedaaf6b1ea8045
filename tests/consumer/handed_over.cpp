// Matrices that one side makes and the other frees.
#include <cmath>
#include <utility>
#include <vector>

#include "engine/curvature/lanczos.h"
#include "engine/curvature/point_operator.h"
#include "engine/dualtape.h"
#include "parts.h"  // layer-ok: of this project

namespace {

using dualtape::Index;
using dualtape::Mat;
using dualtape::Vec;

// Numbers in [-1, 1] without a generator.
template <class Scalar>
Mat<Scalar> waves(Index rows, Index cols, double pace) {
    Mat<Scalar> m(rows, cols);
    for (Index i = 0; i < m.size(); ++i) {
        m.data()[i] = static_cast<Scalar>(std::sin(pace * static_cast<double>(i + 1)));
    }
    return m;
}

// Gradient, products and edits of a network, each taken and given by value, in sizes that are no
// multiple of any register.
template <class Scalar>
bool network_is_right(Index features, double tolerance) {
    dualtape::Graph<Scalar> graph;
    const auto x = graph.input("x", 7);
    const auto w = graph.parameter("w", features, 7);
    const auto u = graph.parameter("u", 3, features);
    const auto hidden = graph.name("hidden", tanh(matmul(w, x)));
    const auto y = graph.input("y", 3);
    dualtape::Options options;
    options.taps = {"hidden"};
    const dualtape::Model<Scalar> model(graph, squared_error(matmul(u, hidden), y), options);
    dualtape::Workspace<Scalar> work(model, 2);
    const Mat<Scalar> inputs = waves<Scalar>(7, 201, 0.7), targets = waves<Scalar>(3, 201, 0.3);
    auto batch = model.batch();
    batch.set("x", {inputs.data(), 7, 201});
    batch.set("y", {targets.data(), 3, 201});

    const Vec<Scalar> theta = waves<Scalar>(model.size(), 1, 0.9);
    const Mat<Scalar> v = waves<Scalar>(model.size(), 3, 1.1);
    Mat<Scalar> hv(model.size(), 3);
    Vec<Scalar> taken;  // memory of this side, then of the other
    {
        const dualtape::Point<Scalar> point = model.at(work, theta, batch);
        taken = point.gradient();
        point.hessian(v, hv);
        Vec<dualtape::Wide<Scalar>> curvature = point.curvature(v);
        const Vec<dualtape::Wide<Scalar>> kept = std::move(curvature);
        for (Index c = 0; c < 3; ++c) {
            const double expected = static_cast<double>(v.col(c).dot(hv.col(c)));
            if (std::abs(static_cast<double>(kept(c)) - expected) >
                tolerance * std::abs(expected)) {
                return false;
            }
        }
    }
    // The gradient as a difference of values along v.
    const Scalar h = sizeof(Scalar) == 8 ? Scalar(1e-6) : Scalar(1e-2);
    const Vec<Scalar> ahead = theta + h * v.col(0), behind = theta - h * v.col(0);
    const double slope =
        static_cast<double>(model.value(work, ahead, batch) - model.value(work, behind, batch)) /
        (2 * static_cast<double>(h));
    if (std::abs(slope - static_cast<double>(taken.dot(v.col(0)))) >
        1e3 * tolerance * (1 + std::abs(slope))) {
        return false;
    }
    // An edit made here and freed there: without hidden features the loss is that of zeros.
    std::vector<dualtape::Edit<Scalar>> edits(1);
    edits[0].node = model.node("hidden");
    edits[0].keep = Mat<Scalar>::Zero(features, 1);
    work.edit(edits);
    work.edit(std::move(edits));
    const double expected =
        static_cast<double>(targets.template cast<double>().squaredNorm()) / (3 * 201);
    const double value = static_cast<double>(model.value(work, theta, batch));
    return std::abs(value - expected) < 10 * tolerance * expected;
}

// Eigenpairs by value.
bool solver_is_right() {
    dualtape::Graph<double> graph;
    const auto theta = graph.parameter("theta", 61);
    const dualtape::Model<double> model(graph, sum_squares(square(theta)));
    dualtape::Workspace<double> work(model);
    Vec<double> at = Vec<double>::LinSpaced(61, 0.1, 2.0);
    const auto point = model.at(work, at, model.batch());
    dualtape::curvature::LanczosSettings<double> settings;
    settings.largest = 2;
    auto found = dualtape::curvature::lanczos<double>(
        dualtape::curvature::PointOperator<double>(point), settings);
    const auto pairs = std::move(found.largest);
    return pairs.size() == 2 && std::abs(pairs[0].value - 48) < 1e-6;
}

}  // namespace

bool handed_over_is_right() {
    for (const Index features : {1, 5, 33, 130}) {
        if (!network_is_right<double>(features, 1e-9)) return false;
        if (!network_is_right<float>(features, 1e-3)) return false;
    }
    return solver_is_right();
}
