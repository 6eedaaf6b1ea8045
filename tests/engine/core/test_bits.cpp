// The contract of bits: the same batch, weights and options give the same bits for any number of
// threads, any block width, any earlier calls, any memory tier, any address of the caller's data.

#include <doctest/doctest.h>

#include "engine/core/parallel.h"
#include "engine/ops/bases.h"
#include "engine/optim/adam.h"
#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// Wide enough that several threads are really used (about 20 Mflop per gradient), with groups of
// several chunks.
const Network& wide_mlp() {
    static const Network network = Network::of("wide mlp", []<class Scalar>(Graph<Scalar>& g) {
        const auto e = g.parameter("e", 24, 31);
        auto h = reshape(gather(e, g.tokens("ab", 2)), 48);
        h = gelu(affine(g.parameter("w0", 65, 48), h, g.parameter("b0", 65)));
        h = tanh(affine(g.parameter("w1", 37, 65), h, g.parameter("b1", 37)));
        const auto z = affine(g.parameter("w2", 31, 37), h, g.parameter("b2", 31));
        return add(cross_entropy(z, g.tokens("labels")),
                   scale(sum_squares(tanh(matmul(g.parameter("m", 24, 24), e))), 1e-3));
    });
    return network;
}
constexpr Index kBitSamples = 517;

// Everything a point offers, as one list of numbers.
template <class Scalar>
Mat<Scalar> all_products(const Point<Scalar>& point, Index tangents) {
    const Mat<Scalar> V = directions(point.size(), tangents).template cast<Scalar>();
    const Index P = point.size();
    Mat<Scalar> results(6 * P, tangents);
    point.hessian(V, results.middleRows(0, P));
    results.middleRows(P, P).setZero();
    for (Index j = 0; j < tangents; ++j) results.middleRows(P, P).col(j) = point.gradient();
    const Vec<Wide<Scalar>> curvature = point.curvature(V);
    results.middleRows(2 * P, 4 * P).setZero();
    if (point.plan().has_samples()) {
        point.fisher(Fisher::empirical, V, results.middleRows(2 * P, P));
    }
    results.row(3 * P) = curvature.transpose().template cast<Scalar>();
    results(3 * P + 1, 0) = static_cast<Scalar>(point.value());
    if (!point.plan().loss_ops().empty()) {
        point.gauss_newton(V, results.middleRows(4 * P, P));
        point.fisher(Fisher::sampled, V, results.middleRows(5 * P, P));
        results.row(3 * P + 2) =
            point.gauss_newton_curvature(V).transpose().template cast<Scalar>();
    }
    return results;
}

Network without_decay() {
    return Network::of("wide mlp", []<class Scalar>(Graph<Scalar>& g) {
        auto h = reshape(gather(g.parameter("e", 24, 31), g.tokens("ab", 2)), 48);
        h = relu(affine(g.parameter("w0", 65, 48), h, g.parameter("b0", 65)));
        return cross_entropy(affine(g.parameter("w2", 31, 65), h, g.parameter("b2", 31)),
                             g.tokens("labels"));
    });
}

template <class Scalar>
void check_threads(const Network& network, const Options& options) {
    Setup<Scalar> one(network, kBitSamples, options, 1);
    const Mat<Scalar> expected = all_products(one.at(), 5);
    for (const int threads : {2, 3, 7}) {
        INFO(threads, " threads");
        Setup<Scalar> many(network, kBitSamples, options, threads);
        CHECK(same_bits(all_products(many.at(), 5), expected));
        CHECK(same_bits(many.gradient(), one.gradient()));
        CHECK(many.value() == one.value());
    }
}

// A sum over rows whose order changes from call to call: what must never happen.
struct MoodySum : ops::Linear<MoodySum> {
    static constexpr auto name = "moody_sum";
    static inline int calls = 0;

    Shape shape(std::span<const Shape> in) const { return {1, in[0].span, in[0].is_fixed, false}; }
    template <class Scalar>
    void apply(Frame<Scalar>&, int, const ConstView<Scalar>& x, View<Scalar> y,
               bool) const noexcept {
        const bool is_reversed = ++calls % 2 == 0;
        y.setZero();
        for (Index i = 0; i < x.rows(); ++i) y += x.row(is_reversed ? x.rows() - 1 - i : i);
    }
    template <class Scalar>
    void apply_transposed(Frame<Scalar>& frame, int) const noexcept {
        auto x_bar = frame.accumulator(0);
        for (Index i = 0; i < x_bar.rows(); ++i) x_bar.row(i) += frame.y_bar();
    }
};

}  // namespace

TEST_CASE("the bit tests see a sum whose order changes") {
    const Network moody = Network::of("moody", []<class Scalar>(Graph<Scalar>& g) {
        const auto h = tanh(matmul(g.parameter("w", 50, 3), g.input("x", 3)));
        return square(g.add(MoodySum{}, {h}));
    });
    Setup<float> setup(moody, 20);
    const Vec<float> first = setup.gradient(), second = setup.gradient();
    CHECK_FALSE(same_bits(first, second));
    CHECK(relative_error(first, second) < 1e-5);
    CHECK(same_bits(setup.gradient(), first));
}

TEST_CASE("gradients and blocks of all products have the same bits for 1, 2, 3 and 7 threads") {
    check_threads<double>(wide_mlp(), {});
    check_threads<float>(wide_mlp(), {});
    check_threads<float>(without_decay(), {});
    Options small;
    small.chunk_bytes = 1;
    check_threads<double>(without_decay(), small);
    small.memory_limit = 0;
    check_threads<double>(without_decay(), small);
}

TEST_CASE("five hundred steps of training have the same bits for 1, 2, 3 and 7 threads") {
    const auto train = [](int threads) {
        Setup<float> setup(without_decay(), 256, {}, threads);
        optim::Adam<float> adam(setup.size(), {.decoupled_decay = 0.1});
        Vec<float> g(setup.size());
        std::vector<std::int32_t> order = uniform_tokens(64 * 500, 256, 6);
        for (Index i = 0; i < 500; ++i) {
            setup.batch.select(order.data() + 64 * i, 64);
            setup.model.gradient(setup.work, setup.theta, setup.batch, g);
            adam.step(setup.theta, g, 1e-3);
        }
        return setup.theta;
    };
    const Vec<float> expected = train(1);
    REQUIRE(expected.allFinite());
    for (const int threads : {2, 3, 7}) CHECK(same_bits(train(threads), expected));
}

TEST_CASE("a block equals its columns one by one, for any width and number of threads") {
    for (const int threads : {1, 2, 3}) {
        Setup<double> setup(wide_mlp(), 200, {}, threads);
        const Point<double> point = setup.at();
        const Mat<double> V = directions(setup.size(), 7);
        Mat<double> singles(setup.size(), 7);
        for (Index j = 0; j < 7; ++j) point.hessian(V.col(j), singles.col(j));
        for (const Index width : {2, 3, 4, 7}) {
            INFO(threads, " threads, ", width, " tangents");
            Mat<double> block(setup.size(), width);
            point.hessian(V.leftCols(width), block);
            CHECK(same_bits(block, singles.leftCols(width)));
            Vec<double> curvature = point.curvature(V.leftCols(width));
            for (Index j = 0; j < width; ++j) {
                CHECK(curvature[j] == point.curvature(V.col(j))[0]);
            }
        }
    }
}

TEST_CASE("products called twice, and after unrelated calls, have the same bits") {
    for (const Network& candidate : all_networks()) {
        INFO(candidate.name);
        Options options;
        options.chunk_bytes = 1;
        Setup<double> setup(candidate, 70, options);
        const Mat<double> first = all_products(setup.at(), 2);
        {
            const Point<double> point = setup.at();
            CHECK(same_bits(all_products(point, 2), first));
            CHECK(same_bits(all_products(point, 2), first));
        }
        // Other theta, other batch, other widths, in the same workspace.
        const Vec<double> theta = setup.theta;
        setup.theta *= 1.5;
        all_products(setup.at(), 5);
        if (setup.model.plan().has_samples()) {
            const auto chosen = uniform_tokens(23, 70, 4);
            setup.batch.select(chosen.data(), 23);
            all_products(setup.at(), 3);
            setup.batch.select(nullptr, 0);
        }
        setup.gradient();
        setup.value();
        setup.theta = theta;
        CHECK(same_bits(all_products(setup.at(), 2), first));
    }
}

TEST_CASE("gradient, point gradient and value agree in all bits") {
    for (const Network& candidate : all_networks()) {
        INFO(candidate.name);
        Setup<float> setup(candidate, 70);
        const Vec<float> g = setup.gradient();
        const double value = setup.value();
        Vec<float> again(setup.size());
        CHECK(setup.model.gradient(setup.work, setup.theta, setup.batch, again) == value);
        const Point<float> point = setup.at();
        CHECK(same_bits(point.gradient(), g));
        CHECK(point.value() == value);
    }
}

TEST_CASE("the three memory tiers have the same bits") {
    for (const Network& candidate : all_networks()) {
        INFO(candidate.name);
        Options options;
        options.chunk_bytes = 1;
        Setup<double> all(candidate, 150, options);
        const Mat<double> expected = all_products(all.at(), 3);
        CHECK(all.at().keeps() == Keep::all);
        if (!all.model.plan().has_samples()) continue;
        const Plan<double>& plan = all.model.plan();
        std::size_t chunks = 0;
        for (Index g = 0; g < 4; ++g) {
            const Index samples = (g + 1) * 150 / 4 - g * 150 / 4;
            chunks += static_cast<std::size_t>((samples + plan.chunk_samples() - 1) /
                                               plan.chunk_samples());
        }
        for (const Keep keep : {Keep::values, Keep::nothing}) {
            options.memory_limit = keep == Keep::values ? chunks * plan.chunk_bytes() : 0;
            for (const int threads : {1, 3}) {
                Setup<double> setup(candidate, 150, options, threads);
                REQUIRE(setup.at().keeps() == keep);
                CHECK(same_bits(all_products(setup.at(), 3), expected));
            }
        }
    }
}

TEST_CASE("the caller's buffers may lie at any address") {
    Setup<float> setup(without_decay(), 130);
    const Index P = setup.size();
    const Mat<float> V = directions(P, 3).cast<float>();
    const Mat<float> expected = setup.hessian(V);
    const Vec<float> gradient = setup.gradient();
    std::vector<float> memory(static_cast<std::size_t>(8 * P + 64));
    using Stride = Eigen::OuterStride<>;
    for (Index offset = 0; offset < 8; ++offset) {
        Eigen::Map<Vec<float>> theta(memory.data() + offset, P);
        theta = setup.theta;
        Eigen::Map<Mat<float>, 0, Stride> in(memory.data() + P + 8 + offset, P, 3,
                                             Stride(P + offset));
        in = V;
        Eigen::Map<Mat<float>, 0, Stride> out(memory.data() + 4 * P + 32 + offset, P, 3,
                                              Stride(P + 1));
        const Point<float> point = setup.model.at(setup.work, theta, setup.batch);
        point.hessian(in, out);
        CHECK(same_bits(out, expected));
        Eigen::Map<Vec<float>> g(memory.data() + P + offset, P);
        setup.model.gradient(setup.work, theta, setup.batch, g);
        CHECK(same_bits(g, gradient));
    }
    // The data, too.
    const Network regression = network("regression over positions");
    Setup<float> data(regression, 50);
    const Mat<float> reference = data.hessian(directions(data.size(), 2).cast<float>());
    const Mat<float> x = data.inputs["x"];
    std::vector<float> moved(static_cast<std::size_t>(x.size()) + 8);
    for (std::size_t offset = 0; offset < 8; ++offset) {
        std::copy_n(x.data(), x.size(), moved.data() + offset);
        data.batch.set("x",
                       Eigen::Map<const Mat<float>>(moved.data() + offset, x.rows(), x.cols()));
        CHECK(same_bits(data.hessian(directions(data.size(), 2).cast<float>()), reference));
    }
}

TEST_CASE("no product changes the point") {
    for (const Network& candidate : all_networks()) {
        INFO(candidate.name);
        Setup<double> setup(candidate, 40);
        const Point<double> point = setup.at();
        const Vec<double> gradient = point.gradient();
        const double value = point.value();
        const Mat<double> v = directions(setup.size(), 1);
        Mat<double> before(setup.size(), 1), after(setup.size(), 1);
        point.hessian(v, before);
        all_products(point, 3);
        point.hessian(v, after);
        CHECK(same_bits(before, after));
        CHECK(same_bits(point.gradient(), gradient));
        CHECK(point.value() == value);
    }
}

TEST_CASE("concurrent callers with a workspace each get the bits of a lone one") {
    Setup<double> setup(wide_mlp(), 100);
    const Mat<double> v = directions(setup.size(), 4);
    const Mat<double> expected = setup.hessian(v);
    Mat<double> results(setup.size(), 4);
    parallel_for(4, 4, [&](Index j, int) {
        Workspace<double> work(setup.model, 2);
        const Point<double> point = setup.model.at(work, setup.theta, setup.batch);
        point.hessian(v.col(j), results.col(j));
    });
    CHECK(same_bits(results, expected));
}
