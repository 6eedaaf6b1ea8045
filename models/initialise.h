#pragma once
// Named initialisations of theta, from the stream "init".

#include <cstdint>
#include <string>
#include <vector>

#include "models/mlp.h"

namespace dualtape::models {

struct InitSettings {
    enum class Rule {
        torch_default,  // weights and biases U(-1/sqrt(fan_in), 1/sqrt(fan_in)), tables
                        // N(0, table_sigma): PyTorch's Linear and Embedding
        normal          // every parameter N(0, sigma)
    };
    Rule rule = Rule::torch_default;
    double sigma = 0;        // normal only
    double table_sigma = 1;  // torch_default only
};

// Theta (P) for these parameters, in their order, each column-major. The numbers are drawn in
// double and rounded, so that models of different precision start at the same point, and follow
// the order of theta, so that networks of different depth share the layers that they have in
// common. Same seed, same theta. Throws std::invalid_argument if a sigma is negative or not
// finite, or a fan_in is below 1.
template <class Scalar>
Vec<Scalar> initialise(const std::vector<ParameterInfo>& parameters, const InitSettings& settings,
                       std::uint64_t seed);

// torch_default, or normal with sigma, by the words that options use.
InitSettings::Rule init_rule(const std::string& word);
std::vector<std::string> init_words();

}  // namespace dualtape::models
