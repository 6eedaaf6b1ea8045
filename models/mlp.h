#pragma once
// Multilayer perceptrons that classify pairs of tokens: any depth, any width, three input kinds.

#include <string>
#include <vector>

#include "engine/core/graph.h"

namespace dualtape::models {

// What the first layer sees of a pair (a, b):
//   raw        the two integers as two real inputs
//   one_hot    onehot(a) above onehot(b), 2p inputs
//   embedding  E a above E b, 2D inputs, one table E for both
enum class MlpInput { raw, one_hot, embedding };

// Two ways to write the same function. projected multiplies the weights with the table before the
// columns are gathered: W [E a; E b] = (W_a E)[a] + (W_b E)[b], so the first product runs over p
// columns instead of B, and over none for one-hots. plain keeps the input of the first layer as a
// node. Both have the same parameters in the same order and agree to rounding.
enum class MlpForm { projected, plain };

enum class Activation { relu, tanh, gelu, silu, sigmoid, square };

struct MlpSettings {
    MlpInput input = MlpInput::one_hot;
    MlpForm form = MlpForm::projected;  // raw inputs have one form only
    Activation activation = Activation::relu;
    Index modulus = 0;          // p: tokens of one operand; not read for raw inputs
    Index num_classes = 0;      // C
    Index width = 128;          // h: features of a hidden layer
    Index depth = 1;            // d: hidden layers
    Index embedding_width = 0;  // D: embedding only
    // Throws std::invalid_argument naming the setting that is out of range, its value and remedy.
    void check() const;
};

// One parameter of a model, in the order of theta.
struct ParameterInfo {
    std::string name;  // dotted, as in a PyTorch state dictionary
    Index rows = 0, cols = 0;
    Index fan_in = 0;        // inputs of the layer that it belongs to
    bool is_vector = false;  // one dimension in checkpoints: biases
    bool is_table = false;   // columns are gathered by token: embeddings
};

// The nodes of a network in a graph that outlives them; models/README.md lists parameters, slots
// and named nodes.
template <class Scalar>
struct Mlp {
    Var<Scalar> logits;  // C x B
    Var<Scalar> loss;    // 1 x B, cross-entropy in nats
    std::vector<ParameterInfo> parameters;
};

// Adds the network and its loss to a graph. Slots to set in a Batch: "labels", and
//   raw           "pair"      2 x B reals
//   plain one_hot "one_hots"  2p x B reals
//   others        "a", "b"    B tokens each; for one_hot, token b of the pair is p + b: the
//                             column of the first weight that its one-hot selects
template <class Scalar>
Mlp<Scalar> build_mlp(Graph<Scalar>& graph, const MlpSettings& settings);

// P by formula: with f inputs of the first layer, (f h + h) + (d - 1)(h h + h) + (h C + C), and
// p D for a table.
Index count_parameters(const MlpSettings& settings);

// Settings by the words that options use; throw std::invalid_argument for unknown ones.
MlpInput mlp_input(const std::string& word);     // raw, one_hot, embedding
Activation activation(const std::string& word);  // as the enumerators
std::vector<std::string> mlp_input_words();
std::vector<std::string> activation_words();

}  // namespace dualtape::models
