#pragma once
// A perceptron on pairs of tokens, open to be read and edited at every layer: what Fourier
// analysis, ablation and probes look at.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/dualtape.h"
#include "experiments/pairs/pair_inputs.h"

namespace dualtape::pairs {

// The network in double, at any theta. Nodes in their order:
//   input            what the first layer sees: two integers, two one-hots, or two embeddings
//   layers.i.pre     before the activation, h x N
//   layers.i.post    after it, h x N
//   logits           C x N
// Pairs are numbers a p + b. Immutable; every call allocates its own memory.
class PairNetwork {
  public:
    // settings.modulus is the number of tokens of an operand also for raw inputs. Throws
    // std::invalid_argument for settings that do not fit.
    PairNetwork(const models::MlpSettings& settings, int threads);

    const models::MlpSettings& settings() const { return settings_; }
    Index p() const { return settings_.modulus; }
    const std::vector<models::ParameterInfo>& parameters() const { return parameters_; }
    const Model<double>& model() const { return *model_; }
    const std::vector<std::string>& nodes() const { return nodes_; }
    // The hidden layers after their activation: layers.0.post, layers.1.post, ...
    std::vector<std::string> hidden_nodes() const;
    // 0, 1, .. p^2 - 1.
    std::vector<std::int32_t> all_pairs() const;

    // The value of a node on these pairs, n x N. Throws std::invalid_argument for a name that is
    // none of nodes(), with the nearest, and for a pair that does not exist.
    Mat<double> read(In<Vec<double>> theta, const std::string& node,
                     std::span<const std::int32_t> pairs) const;
    // The logits, C x N, when the node has these values, n x N, on the pairs: what depends on it is
    // computed from them. Throws as read, for `input` of a network without embedding, and for a
    // wrong shape.
    Mat<double> logits_from(In<Vec<double>> theta, const std::string& node, In<Mat<double>> values,
                            std::span<const std::int32_t> pairs) const;

  private:
    Node node(const std::string& name) const;
    // labels may be empty: then all are 0, for calls that do not ask for the loss.
    PairInputs<double> inputs(std::span<const std::int32_t> pairs) const;

    models::MlpSettings settings_;
    int threads_;
    Graph<double> graph_;
    std::vector<models::ParameterInfo> parameters_;
    std::vector<std::string> nodes_;
    std::unique_ptr<Model<double>> model_;
};

}  // namespace dualtape::pairs
