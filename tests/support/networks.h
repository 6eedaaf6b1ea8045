#pragma once
// Small networks in every scalar of the engine that a test is built on, with data drawn for them.

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/core/point.h"
#include "engine/ops/builders.h"
#include "tests/support/random.h"

namespace dualtape::testing {

template <class Scalar>
using Builder = std::function<Var<Scalar>(Graph<Scalar>&)>;

// A network as a function of the scalar.
template <class... Scalars>
struct NetworkOf {
    std::string name;
    std::tuple<Builder<Scalars>...> builders;

    // build: a generic callable that takes Graph<Scalar>& and returns the loss.
    template <class Build>
    static NetworkOf of(std::string name, Build build) {
        return {std::move(name), {Builder<Scalars>(build)...}};
    }
    template <class Scalar>
    Var<Scalar> build(Graph<Scalar>& graph) const {
        return std::get<Builder<Scalar>>(builders)(graph);
    }
};
#ifdef DUALTAPE_COMPLEX
using Network = NetworkOf<float, double, std::complex<double>>;
#else
using Network = NetworkOf<float, double>;
#endif

// Every kind of network that the engine's other tests run over; data are drawn by Setup.
const std::vector<Network>& all_networks();
// The one of that name.
const Network& network(const std::string& name);

// A compiled network with a workspace and data. The data depend on the seed and on the names and
// shapes of the inputs only, so setups in different scalars agree.
template <class Scalar>
struct Setup {
    Setup(const Network& network, Index samples, Options options = {}, int threads = 1,
          std::uint64_t seed = 1)
        : loss(network.build(graph)),
          model(graph, loss, std::move(options)),
          work(model, threads),
          batch(model.batch()) {
        for (const Node id : model.plan().sources()) {
            const auto& node = model.plan().node(id);
            const Index columns = node.shape.span * samples;
            std::uint64_t key = seed;
            for (const char c : node.name) key = key * 131 + static_cast<std::uint64_t>(c);
            if (node.shape.is_tokens) {
                tokens[node.name] = uniform_tokens(columns, node.token_limit, key);
                batch.set(node.name, tokens[node.name].data(), columns);
            } else {
                inputs[node.name] =
                    uniform_matrix(node.shape.rows, columns, key).template cast<Scalar>();
                const Mat<Scalar>& data = inputs[node.name];
                batch.set(node.name,
                          Eigen::Map<const Mat<Scalar>>(data.data(), data.rows(), data.cols()));
            }
        }
        theta = uniform_vector(model.size(), seed + 1000, -0.9, 0.9).template cast<Scalar>();
    }
    Setup(const Setup&) = delete;

    Index size() const { return model.size(); }
    Point<Scalar> at() { return model.at(work, theta, batch); }
    Wide<Scalar> value() { return model.value(work, theta, batch); }
    Vec<Scalar> gradient() {
        Vec<Scalar> g(size());
        model.gradient(work, theta, batch, g);
        return g;
    }
    Mat<Scalar> hessian(const Mat<Scalar>& V) {
        Mat<Scalar> HV(V.rows(), V.cols());
        at().hessian(V, HV);
        return HV;
    }
    // One weight per loss column of the data, uneven.
    void use_weights(Index columns) {
        weights = uniform_vector(columns, 77, 0.01, 0.2).template cast<Scalar>();
        batch.weights(weights.data());
    }

    Graph<Scalar> graph;
    Var<Scalar> loss;
    Model<Scalar> model;
    Workspace<Scalar> work;
    Batch<Scalar> batch;
    std::map<std::string, Mat<Scalar>> inputs;
    std::map<std::string, std::vector<std::int32_t>> tokens;
    Vec<Scalar> weights;
    Vec<Scalar> theta;
};

#define DUALTAPE_SETUP(Scalar) extern template struct Setup<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_SETUP)
#undef DUALTAPE_SETUP

// Directions of a test: P x count, seeded.
inline Mat<double> directions(Index size, Index count, std::uint64_t seed = 5) {
    return uniform_matrix(size, count, seed);
}

// max |a - b| / max |a|, |b|; infinite for NaN and other shapes.
template <class A, class B>
double relative_error(const A& a, const B& b) {
    if (a.rows() != b.rows() || a.cols() != b.cols()) return HUGE_VAL;
    double difference = 0, size = 0;
    for (Index c = 0; c < a.cols(); ++c) {
        for (Index r = 0; r < a.rows(); ++r) {
            const auto x = static_cast<double>(a(r, c)), y = static_cast<double>(b(r, c));
            const double d = std::abs(x - y);
            if (!(d <= difference)) difference = std::isnan(d) ? HUGE_VAL : d;
            size = std::max({size, std::abs(x), std::abs(y)});
        }
    }
    return difference == 0 ? 0 : difference / size;
}
inline double relative_error(double a, double b) {
    return a == b ? 0 : std::abs(a - b) / std::max(std::abs(a), std::abs(b));
}

// The same bits? (Equality of floating point takes 0 for -0 and fails on NaN.)
template <class A, class B>
bool same_bits(const A& a, const B& b) {
    using Scalar = typename A::Scalar;
    const typename A::PlainObject x = a;
    const typename B::PlainObject y = b;
    return x.rows() == y.rows() && x.cols() == y.cols() &&
           std::memcmp(x.data(), y.data(), static_cast<std::size_t>(x.size()) * sizeof(Scalar)) ==
               0;
}

}  // namespace dualtape::testing
