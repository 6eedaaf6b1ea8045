// Batches: weights, minibatches by index, last smaller ones, none; frozen parameters.

#include <doctest/doctest.h>

#include "tests/support/networks.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// The data of `from` restricted to these samples, copied into `into`.
void copy_samples(Setup<double>& from, const std::vector<std::int32_t>& chosen,
                  Setup<double>& into) {
    for (const Node id : from.model.plan().sources()) {
        const auto& node = from.model.plan().node(id);
        const Index span = node.shape.span;
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            for (Index t = 0; t < span; ++t) {
                const Index source = chosen[i] * span + t;
                const Index target = static_cast<Index>(i) * span + t;
                if (node.shape.is_tokens) {
                    into.tokens[node.name][static_cast<std::size_t>(target)] =
                        from.tokens[node.name][static_cast<std::size_t>(source)];
                } else {
                    into.inputs[node.name].col(target) = from.inputs[node.name].col(source);
                }
            }
        }
    }
}

Index loss_span(const Setup<double>& setup) {
    return setup.model.plan().node(setup.model.plan().loss()).shape.span;
}

}  // namespace

TEST_CASE("a minibatch by index has the bits of a copied one") {
    for (const Network& candidate : all_networks()) {
        if (candidate.name == "a potential without data") continue;
        INFO(candidate.name);
        Setup<double> whole(candidate, 60);
        const auto chosen = uniform_tokens(41, 60, 3);  // with repeats
        Setup<double> part(candidate, 41);
        copy_samples(whole, chosen, part);
        const Index span = loss_span(whole);
        whole.use_weights(60 * span);
        part.use_weights(41 * span);
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            part.weights.segment(static_cast<Index>(i) * span, span) =
                whole.weights.segment(chosen[i] * span, span);
        }
        whole.batch.select(chosen.data(), 41);
        const Mat<double> V = directions(whole.size(), 2);
        CHECK(whole.value() == part.value());
        CHECK(same_bits(whole.gradient(), part.gradient()));
        CHECK(same_bits(whole.hessian(V), part.hessian(V)));
        // And without weights, where 1 / columns is that of the selection.
        whole.batch.weights(nullptr);
        part.batch.weights(nullptr);
        CHECK(same_bits(whole.gradient(), part.gradient()));
        // Null: all samples again.
        whole.batch.select(nullptr, 0);
        CHECK(same_bits(whole.gradient(), Setup<double>(candidate, 60).gradient()));
    }
}

TEST_CASE("weights of zero are as good as removing the columns") {
    for (const Network& candidate : all_networks()) {
        if (candidate.name == "a potential without data") continue;
        INFO(candidate.name);
        Setup<double> whole(candidate, 9);
        const std::vector<std::int32_t> chosen = {0, 3, 4, 8};
        Setup<double> part(candidate, 4);
        copy_samples(whole, chosen, part);
        const Index span = loss_span(whole);
        whole.use_weights(9 * span);
        whole.weights.setZero();
        for (const std::int32_t s : chosen) {
            whole.weights.segment(s * span, span).setConstant(1.0 / static_cast<double>(4 * span));
        }
        const Mat<double> V = directions(whole.size(), 2);
        CHECK(relative_error(whole.value(), part.value()) < 1e-12);
        CHECK(relative_error(whole.gradient(), part.gradient()) < 1e-12);
        CHECK(relative_error(whole.hessian(V), part.hessian(V)) < 1e-12);
    }
}

TEST_CASE("a smaller last minibatch needs no new workspace") {
    for (const Network& candidate : all_networks()) {
        if (candidate.name == "a potential without data") continue;
        INFO(candidate.name);
        Options options;
        options.chunk_bytes = 1;
        Setup<double> setup(candidate, 100, options);
        const auto order = uniform_tokens(100, 100, 8);
        Setup<double> fresh(candidate, 100, options);
        const Mat<double> V = directions(setup.size(), 2);
        for (const Index count : {100, 64, 31, 1, 70}) {
            setup.batch.select(order.data() + (100 - count), count);
            fresh.batch.select(order.data() + (100 - count), count);
            Workspace<double> work(fresh.model, 1);
            Mat<double> HV(setup.size(), 2);
            fresh.model.at(work, fresh.theta, fresh.batch).hessian(V, HV);
            CHECK(same_bits(setup.hessian(V), HV));
        }
    }
}

TEST_CASE("no samples: value zero, gradient zero, products zero") {
    for (const Network& candidate : all_networks()) {
        if (candidate.name == "a potential without data") continue;
        INFO(candidate.name);
        Setup<double> setup(candidate, 40);
        setup.hessian(directions(setup.size(), 2));  // leaves numbers in memory
        const std::vector<std::int32_t> none(1, 0);
        setup.batch.select(none.data(), 0);
        CHECK(setup.value() == 0);
        CHECK(setup.gradient().isZero(0));
        const Point<double> point = setup.at();
        const Mat<double> V = directions(setup.size(), 2);
        Mat<double> HV = V;
        point.hessian(V, HV);
        CHECK(HV.isZero(0));
        HV = V;
        point.fisher(Fisher::empirical, V, HV);
        CHECK(HV.isZero(0));
        CHECK(point.curvature(V).isZero(0));
        Mat<double> slopes(0, 2);
        point.loss_slopes(V, slopes);
        Vec<double> losses(0);
        point.losses(losses);
    }
}

TEST_CASE("frozen parameters are constants: their rows are ignored and zero") {
    for (const char* name : {"mlp tanh", "embedding, by position", "projected before gather",
                             "weight decay in the loss", "a table read twice"}) {
        Setup<double> free(network(name), 20);
        const Index P = free.size();
        const Mat<double> V = directions(P, 3);
        for (const ParameterSlice& slice : free.model.plan().parameters()) {
            const std::string frozen = free.model.plan().node(slice.node).name;
            INFO(name, ", frozen ", frozen);
            Options options;
            options.frozen = {frozen};
            Setup<double> setup(network(name), 20, options);
            Mat<double> masked = V;
            masked.middleRows(slice.offset, slice.size).setZero();
            Mat<double> expected = free.hessian(masked);
            expected.middleRows(slice.offset, slice.size).setZero();
            const Mat<double> HV = setup.hessian(V);
            CHECK(relative_error(HV, expected) < 1e-12);
            CHECK(HV.middleRows(slice.offset, slice.size).isZero(0));
            Vec<double> g = free.gradient();
            g.segment(slice.offset, slice.size).setZero();
            CHECK(relative_error(setup.gradient(), g) < 1e-13);
            const Vec<double> curvature = setup.at().curvature(V);
            CHECK(relative_error(curvature, (masked.transpose() * expected).diagonal().eval()) <
                  1e-12);
            CHECK(setup.value() == free.value());
        }
    }
}

TEST_CASE("with everything frozen all derivatives are zero") {
    Options options;
    options.frozen = {"w", "u", "b"};
    Setup<double> setup(network("weight decay in the loss"), 5, options);
    const Mat<double> V = directions(setup.size(), 2);
    CHECK(setup.gradient().isZero(0));
    CHECK(setup.hessian(V).isZero(0));
    CHECK(setup.at().curvature(V).isZero(0));
    CHECK(setup.value() == Setup<double>(network("weight decay in the loss"), 5).value());
}

TEST_CASE("an unused parameter keeps its place in theta and has no derivative") {
    Setup<double> setup(network("gates, slices and repeats"), 5);
    const auto& plan = setup.model.plan();
    for (const ParameterSlice& slice : plan.parameters()) {
        if (plan.node(slice.node).name != "unused") continue;
        CHECK(setup.gradient().segment(slice.offset, slice.size).isZero(0));
        CHECK(setup.hessian(directions(setup.size(), 2))
                  .middleRows(slice.offset, slice.size)
                  .isZero(0));
    }
    // Moving it moves nothing.
    const Vec<double> g = setup.gradient();
    for (const ParameterSlice& slice : plan.parameters()) {
        if (plan.node(slice.node).name == "unused") {
            setup.theta.segment(slice.offset, slice.size).setConstant(1e9);
        }
    }
    CHECK(same_bits(setup.gradient(), g));
}
