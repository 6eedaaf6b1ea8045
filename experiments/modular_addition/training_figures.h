#pragma once
// Losses and accuracies of modular_addition over the training.

#include <filesystem>

#include "experiments/lab/figure.h"

namespace dualtape::modular_addition {

// "(a + b) mod 113, embedding of 128, hidden layer of 256, train share 0.8, AdamW with weight decay
// 0.01": what subtitles say.
std::string setting_of(const std::filesystem::path& folder);

// training_curves: cross-entropy and accuracy of both parts against the epoch of minibatches, or
// the step of full batches; medians over the seeds with bands; alarms of the first seed dashed.
lab::Figure training_curves(const std::filesystem::path& folder);

}  // namespace dualtape::modular_addition
