#pragma once
// The networks and batches that are measured, the same in every program and in bench/peers.

#include <memory>
#include <string>
#include <vector>

#include "engine/dualtape.h"

namespace dualtape::bench {

// A network with its data, ready to run on one thread count.
template <class Scalar>
struct Workload {
    std::string name;
    Graph<Scalar> graph;
    std::unique_ptr<Model<Scalar>> model;
    std::unique_ptr<Workspace<Scalar>> workspace;
    std::unique_ptr<Batch<Scalar>> batch;
    Mat<Scalar> inputs;                // features x B
    std::vector<std::int32_t> tokens;  // operands, two per sample
    std::vector<std::int32_t> labels;
    Vec<Scalar> theta;
    Index samples = 0;
};

// Relu MLP 2-128-..-128-97 with `depth` hidden layers on 941 pairs of raw integers.
template <class Scalar>
std::unique_ptr<Workload<Scalar>> mlp(int depth, int threads);

// Embedding 113 x 128 of two operands, concatenated, 256 hidden relu units, 113 classes. Projected:
// W [E_a; E_b] = (W_a E)[a] + (W_b E)[b], the same function with fewer flops.
template <class Scalar>
std::unique_ptr<Workload<Scalar>> embedding_mlp(Index samples, bool projected, int threads);

}  // namespace dualtape::bench
