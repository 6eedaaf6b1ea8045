#pragma once
// Figures of the frequencies and neurons of trained networks at their last checkpoint.

#include <vector>

#include "experiments/analyses/fourier/fourier_findings.h"
#include "experiments/lab/figure.h"

namespace dualtape::analyses {

// A panel for each of the first trainings, which are named; the others are in the tables.
// setting: for subtitles. Empty where no training has what a figure shows.
//   embedding_fourier, neuron_frequency, logit_frequencies   against k
//   neuron_phases                                            output against input
//   neuron_explained                                         FVE over all neurons, all trainings
std::vector<lab::Figure> frequency_figures(const FourierFindings& findings,
                                           const std::string& setting);

// progress_measures: losses, Gini coefficients and weights over the checkpoints, a figure for each
// of the first settings; of several seeds, the medians.
std::vector<lab::Figure> progress_figures(const FourierFindings& findings,
                                          const std::string& setting);

}  // namespace dualtape::analyses
