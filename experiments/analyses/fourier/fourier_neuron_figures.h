#pragma once
// Figures of the neurons of trained networks: how much one frequency explains, and their phases.

#include <optional>

#include "experiments/analyses/fourier/fourier_findings.h"
#include "experiments/lab/figure.h"

namespace dualtape::analyses {

// neuron_explained: FVE of the live neurons, sorted; a line for each setting, the median over its
// seeds. Empty when all neurons are dead.
std::optional<lab::Figure> explained_figure(const FourierFindings& findings,
                                            const std::string& setting);

// neuron_phases: phases of both tokens, added, against the phase to the output, of the neurons of
// the key frequencies. Empty where fewer than five neurons of a training have all three.
std::optional<lab::Figure> phase_figure(const FourierFindings& findings,
                                        const std::string& setting);

}  // namespace dualtape::analyses
