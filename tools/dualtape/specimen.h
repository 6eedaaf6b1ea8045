#pragma once
// The small network that the doctor examines.

#include "engine/dualtape.h"
#include "experiments/pairs/pair_classifier.h"
#include "models/initialise.h"

namespace dualtape::tools {

// Two hidden layers of 24 over shared embeddings of 16, addition modulo 13, half of the pairs.
struct Specimen {
    Specimen(const std::string& activation, int threads)
        : net(settings(activation), task(), pairs::make_split(task(), {.train_fraction = 0.5})),
          theta(models::initialise<double>(net.parameters(), {}, 13)),
          work(net.model(), threads) {}

    pairs::PairClassifier<double> net;
    Vec<double> theta;
    Workspace<double> work;

  private:
    static pairs::Task task() { return pairs::make_task({.p = 13}); }
    static models::MlpSettings settings(const std::string& activation) {
        models::MlpSettings settings;
        settings.input = models::MlpInput::embedding;
        settings.activation = models::activation(activation);
        settings.modulus = settings.num_classes = 13;
        settings.embedding_width = 16;
        settings.width = 24;
        settings.depth = 2;
        return settings;
    }
};

}  // namespace dualtape::tools
