#pragma once
// The figures of circuit_emergence, from the tables alone, and what they share.

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/analyses/probes/probe_words.h"
#include "experiments/circuit_emergence/findings.h"
#include "experiments/lab/figure.h"

namespace dualtape::circuit_emergence {

// At the last step of the networks of one width.
lab::Figure accuracy_by_layer(const Findings& found, std::int64_t width);
lab::Figure concept_matrix(const Findings& found, std::int64_t width);
lab::Figure frequency_map(const Findings& found, std::int64_t width);
// Against the width.
lab::Figure accuracy_by_width(const Findings& found);
lab::Figure selectivity_by_width(const Findings& found);
// Over the training of the networks of one width.
lab::Figure accuracy_by_step(const Findings& found, const std::vector<LoggedTraining>& trainings,
                             std::int64_t width);
// What the narrowest and the widest networks lose without the direction of a probe.
lab::Figure erasure_effect(const Findings& found);

// Of one width or all: title and caption are still to be filled in.
lab::Figure figure_of(const Findings& found, std::string stem, std::string of_what,
                      std::string alt);
// "pre 1", ..: the probed nodes.
std::vector<std::string> layer_labels(const Findings& found);
// The axis of accuracies of probes, which start at chance.
lab::Axis accuracy_axis();
// Appends a point with its interval.
void add_point(lab::Series& series, double x, const Measured& measured);
// One point per node where there is a number.
lab::Series by_layer(const Findings& found, std::int64_t width, const std::string& topic,
                     const std::string& quantity, std::string name);
// The node at which a concept is read best at a width, by the mean of a quantity; empty: nowhere.
std::string best_node(const Findings& found, std::int64_t width, const std::string& topic,
                      const std::string& quantity);

}  // namespace dualtape::circuit_emergence
