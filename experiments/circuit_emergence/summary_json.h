#pragma once
// The numbers of a finished run for other programs.

#include "experiments/circuit_emergence/findings.h"

namespace dualtape::circuit_emergence {

// probe_summary.json, from the tables of summarise(): the setting, every training with its class,
// times, accuracies and clearest frequency, and under `probes` by width, layer and concept (or
// `fourier_x`, `fourier_sum`) the quantities of by_width.tsv as {mean, low, high, seeds}.
void write_summary_json(const Findings& found, const std::filesystem::path& folder);

}  // namespace dualtape::circuit_emergence
