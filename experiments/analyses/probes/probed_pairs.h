#pragma once
// The pairs on which a network is probed.

#include "experiments/analyses/probes/concepts.h"
#include "experiments/analyses/probes/probe_settings.h"

namespace dualtape::analyses {

struct ProbedPairs {
    std::vector<std::int32_t> numbers;  // a p + b
    Pairs operands;                     // the same pairs
    std::vector<std::int32_t> groups;   // held out together; empty: each by itself
    bool seen_in_training = false;      // at least one of them
};

// The part that the settings name, in the order of the run's split; the probe split where a run
// has no test pairs.
ProbedPairs choose_pairs(const ProbeSettings& settings, const pairs::PairTable& table);

}  // namespace dualtape::analyses
