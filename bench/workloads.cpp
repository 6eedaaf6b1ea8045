#include "bench/workloads.h"

#include <cmath>

#include "engine/kernels/random.h"

namespace dualtape::bench {

namespace {

// Compiles, draws theta uniformly within 1/sqrt(fan_in) of every weight, and binds the data.
template <class Scalar>
void finish(Workload<Scalar>& work, Var<Scalar> loss, int threads) {
    work.model = std::make_unique<Model<Scalar>>(work.graph, loss);
    work.workspace = std::make_unique<Workspace<Scalar>>(*work.model, threads);
    work.batch = std::make_unique<Batch<Scalar>>(work.model->batch());
    work.theta.resize(work.model->size());
    kernels::Stream stream(0, "init");
    for (const ParameterSlice& slice : work.model->plan().parameters()) {
        const Shape shape = work.model->plan().node(slice.node).shape;
        const double bound = 1 / std::sqrt(static_cast<double>(std::max<Index>(shape.span, 1)));
        for (Index i = 0; i < slice.size; ++i) {
            work.theta[slice.offset + i] = Scalar(bound * (2 * stream.uniform<double>() - 1));
        }
    }
    work.batch->set("labels", work.labels.data(), static_cast<Index>(work.labels.size()));
}

// Distinct pairs (a, b) of the first `samples` in a seeded order, labelled (a + b) mod p.
template <class Scalar>
void add_pairs(Workload<Scalar>& work, Index p, Index samples) {
    kernels::Stream stream(0, "split");
    const std::vector<Index> order = stream.permutation(p * p);
    work.samples = samples;
    work.inputs.resize(2, samples);
    for (Index i = 0; i < samples; ++i) {
        const Index a = order[static_cast<std::size_t>(i)] / p;
        const Index b = order[static_cast<std::size_t>(i)] % p;
        work.inputs(0, i) = Scalar(a);
        work.inputs(1, i) = Scalar(b);
        work.tokens.push_back(static_cast<std::int32_t>(a));
        work.tokens.push_back(static_cast<std::int32_t>(b));
        work.labels.push_back(static_cast<std::int32_t>((a + b) % p));
    }
}

}  // namespace

template <class Scalar>
std::unique_ptr<Workload<Scalar>> mlp(int depth, int threads) {
    auto work = std::make_unique<Workload<Scalar>>();
    work->name = "mlp_depth" + std::to_string(depth);
    add_pairs(*work, 97, 941);
    Graph<Scalar>& g = work->graph;
    Var<Scalar> h = g.input("inputs", 2);
    const Var<Scalar> labels = g.tokens("labels");
    Index width = 2;
    for (int layer = 0; layer <= depth; ++layer) {
        const Index rows = layer < depth ? 128 : 97;
        const std::string name = std::to_string(layer);
        const Var<Scalar> w = g.parameter("w" + name, rows, width);
        h = affine(w, h, g.parameter("b" + name, rows));
        if (layer < depth) h = relu(h);
        width = rows;
    }
    finish(*work, cross_entropy(h, labels), threads);
    work->batch->set("inputs", {work->inputs.data(), 2, work->samples});
    return work;
}

template <class Scalar>
std::unique_ptr<Workload<Scalar>> embedding_mlp(Index samples, bool projected, int threads) {
    constexpr Index p = 113, embedding = 128, hidden = 256;
    auto work = std::make_unique<Workload<Scalar>>();
    work->name =
        std::string(projected ? "projected" : "embedding") + "_mlp_batch" + std::to_string(samples);
    add_pairs(*work, p, samples);
    Graph<Scalar>& g = work->graph;
    const Var<Scalar> tokens = g.tokens("pairs", 2);
    const Var<Scalar> labels = g.tokens("labels");
    const Var<Scalar> table = g.parameter("embedding", embedding, p);
    const Var<Scalar> b1 = g.parameter("b1", hidden);
    Var<Scalar> h;
    if (projected) {
        const Var<Scalar> a = gather(matmul(g.parameter("w1.a", hidden, embedding), table), tokens);
        const Var<Scalar> b = gather(matmul(g.parameter("w1.b", hidden, embedding), table), tokens);
        h = add(add(position(a, 0), position(b, 1)), b1);
    } else {
        h = affine(g.parameter("w1", hidden, 2 * embedding),
                   reshape(gather(table, tokens), 2 * embedding), b1);
    }
    const Var<Scalar> w2 = g.parameter("w2", p, hidden);
    const Var<Scalar> logits = affine(w2, relu(h), g.parameter("b2", p));
    finish(*work, cross_entropy(logits, labels), threads);
    work->batch->set("pairs", work->tokens.data(), static_cast<Index>(work->tokens.size()));
    return work;
}

#define DUALTAPE_WORKLOADS(Scalar)                                    \
    template std::unique_ptr<Workload<Scalar>> mlp<Scalar>(int, int); \
    template std::unique_ptr<Workload<Scalar>> embedding_mlp<Scalar>(Index, bool, int);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_WORKLOADS)

}  // namespace dualtape::bench
