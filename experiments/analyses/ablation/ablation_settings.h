#pragma once
// What is ablated of a trained network, how, and how often; and how its units are ranked.

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/lab/options.h"
#include "experiments/pairs/snapshot.h"

namespace dualtape::analyses {

struct AblationSettings {
    std::string node;  // a hidden node, or the input of a network with embedding; "": last_hidden()
    std::vector<std::string> modes{"zero", "mean", "resample"};
    std::vector<std::int64_t> neurons;          // units ablated one by one; empty: all
    std::int64_t draws = 16;                    // of resampling
    std::int64_t bootstrap = 2000;              // resamples of an interval
    std::int64_t orders = 50;                   // random ones
    std::int64_t pairs = 32;                    // most important units, ablated two by two
    std::int64_t points = lab::kAutoInteger;    // of a curve
    std::string importance = "mean_magnitude";  // that units are ranked by
    std::int64_t importance_sample = 0;         // pairs drawn for it; 0: all
    bool every = false;                         // all tables at every checkpoint
};

// Opens the group "ablation" and adds all of them.
void add_ablation(lab::Options& options, AblationSettings& settings);

// The last hidden layer after its activation, which the output layer reads linearly.
std::string last_hidden(const pairs::Snapshot& snapshot);
std::string ablated_node(const AblationSettings& settings, const pairs::Snapshot& snapshot);

// Throws lab::InputError, naming the setting and the remedy, when the settings do not fit the
// network: a node that it does not have or that cannot be replaced, units that the node does not
// have, an importance that only the last hidden layer has, a sample of more pairs than there are.
void check_ablation(const AblationSettings& settings, const pairs::Snapshot& snapshot);

}  // namespace dualtape::analyses
