#pragma once
// Tables, figures and report of the experiment grokking_hessian, from the files of its run.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/grokking_hessian/settings.h"
#include "experiments/lab/cli.h"
#include "experiments/report/experiment_report.h"
#include "experiments/report/run_tables.h"

namespace dualtape::grokking_hessian {

inline constexpr const char* kQuestion =
    "How does the sharpness of a network move while it learns modular arithmetic, and how does "
    "that depend on its depth?";

// What the published formula gives for the networks when its d counts hidden layers as the code
// does.
void add_parameter_counts(const GrokkingHessian& setup, lab::Manifest& manifest);

// From the tables of the trainings: summary.tsv, a row per training; spikes.tsv; by_depth.tsv,
// medians and intervals over seeds; classes.tsv, how many trainings grokked; for the published
// setting, reference.tsv with the published numbers beside ours; acceptance.tsv, what the setting
// is known to show, and whether it did.
void summarise(const std::filesystem::path& folder);
// cost.tsv: steps, products, time and memory.
void write_cost(const std::filesystem::path& folder, double seconds, lab::Manifest& manifest);
void add_final_numbers(const std::filesystem::path& folder, lab::Manifest& manifest);
// One sentence for each training with solves that did not converge.
std::vector<std::string> convergence_warnings(const std::filesystem::path& folder);

// Figures of the finding, from the tables alone. With x_axis = "index" in the settings, curvature
// stands against the number of the checkpoint instead of the step.
std::vector<lab::Figure> make_grokking_hessian_figures(const std::filesystem::path& folder);
lab::Report make_grokking_hessian_report(const std::filesystem::path& folder);
report::ExperimentReport grokking_hessian_report();

}  // namespace dualtape::grokking_hessian
