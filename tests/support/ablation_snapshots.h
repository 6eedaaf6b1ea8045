#pragma once
// What the tests of ablation share: small networks, quick settings, and the network run again with
// replaced activations.

#include <cmath>

#include "experiments/analyses/ablation/ablation_settings.h"
#include "tests/support/planted_snapshot.h"

namespace dualtape::testing {

inline analyses::AblationSettings quick_settings() {
    analyses::AblationSettings settings;
    settings.draws = 2;
    settings.bootstrap = 50;
    settings.orders = 5;
    settings.pairs = 4;
    return settings;
}

// Addition modulo 9 by two frequencies, of which 3 = p / 3 has all variance of its units at one
// frequency after the square as well.
inline pairs::Snapshot planted_nine(std::uint64_t seed = 2, double train_fraction = 0.6) {
    return planted_snapshot({.modulus = 9,
                             .width = 36,
                             .frequencies = {1, 3},
                             .phases = analyses::PlantedPhases::lattice},
                            {.train_fraction = train_fraction, .logit_scale = 20, .seed = seed});
}

inline pairs::Snapshot embedded(Index depth, double train_fraction = 0.6) {
    return untrained_snapshot({.input = models::MlpInput::embedding,
                               .modulus = 7,
                               .num_classes = 7,
                               .width = 6,
                               .depth = depth,
                               .embedding_width = 4},
                              {.train_fraction = train_fraction, .seed = 3});
}

// Mean cross-entropy, accuracy and label's logit.
struct Numbers {
    double loss = 0, accuracy = 0, correct_logit = 0;
};
inline Numbers numbers_of(const Mat<double>& logits, const pairs::Snapshot& snapshot,
                          const std::vector<std::int32_t>& pairs) {
    Numbers numbers;
    for (Index i = 0; i < logits.cols(); ++i) {
        const auto pair = static_cast<std::size_t>(pairs[static_cast<std::size_t>(i)]);
        const Index label = snapshot.pairs->labels[pair];
        Index best = 0;
        const double top = logits.col(i).maxCoeff(&best);
        const double sum = (logits.col(i).array() - top).exp().sum();
        const auto count = static_cast<double>(logits.cols());
        numbers.loss += (top + std::log(sum) - logits(label, i)) / count;
        numbers.accuracy += (best == label ? 1 : 0) / count;
        numbers.correct_logit += logits(label, i) / count;
    }
    return numbers;
}

// The network with rows of a node at their value, or at `put` of the row.
template <class Put>
Numbers rerun(const pairs::Snapshot& snapshot, const std::string& node,
              const std::vector<Index>& units, const std::vector<std::int32_t>& pairs, Put put) {
    Mat<double> values = snapshot.network->read(snapshot.theta, node, pairs);
    for (const Index unit : units) values.row(unit).setConstant(put(unit));
    return numbers_of(snapshot.network->logits_from(snapshot.theta, node, values, pairs), snapshot,
                      pairs);
}

}  // namespace dualtape::testing
