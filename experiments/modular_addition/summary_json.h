#pragma once
// analysis_summary.json: what modular_addition found, for other programs.

#include "experiments/modular_addition/findings.h"

namespace dualtape::modular_addition {

// A superset of the published summary, with its names. Of the first seed, at its last step:
//   top_neurons          the twenty most important ones, largest first
//   neuron_importance    of every neuron, as `importance` says
//   interventions        for every neuron, mode and part: acc_original, acc_patched, impact (their
//                        difference), relative (impact over acc_original), loss_change
//   fourier_components   for every neuron: freq, fve; the strongest wave of a + b, a, b or a - b:
//                        max_corr with wave and number; sine_corr or cosine_corr of that wave
//   clusters             neurons by key frequency
//   minimal_circuit      for every share of the accuracy: size, neurons, accuracy, random sizes
//   key_frequencies, p, parameters, epochs, seeds, test_accuracy, t_mem, t_gen
// Parts whose table is missing are left out.
void write_summary_json(const ModularAdditionFindings& found);

}  // namespace dualtape::modular_addition
