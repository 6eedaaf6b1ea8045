#pragma once
// Figures of the tables of measured curvature (experiments/lab/curvature_tables.h), whoever wrote
// them.

#include <filesystem>
#include <optional>
#include <string>

#include "experiments/lab/figure.h"
#include "experiments/report/training_groups.h"

namespace dualtape::analyses {

// Of a group of density.tsv: the density on the signed logarithmic axis at up to four steps, with
// the eigenvalues that are known exactly marked at its foot. Nothing when all are zero.
std::optional<lab::Figure> density_figure(const std::filesystem::path& folder,
                                          const report::TrainingGroups& density,
                                          const report::TrainingGroups::Group& group,
                                          const std::string& stem, const std::string& setting);
// Number of eigenvalues above x with two standard errors, at up to four steps.
lab::Figure counts_figure(const report::TrainingGroups& counts,
                          const report::TrainingGroups::Group& group, const std::string& stem,
                          const std::string& setting);
// Both ends of the spectrum against the step.
lab::Figure ends_figure(const report::TrainingGroups& eigenvalues,
                        const report::TrainingGroups::Group& group, const std::string& stem,
                        const std::string& setting);
// The largest eigenvalue and the trace of every layer's block against the step.
lab::Figure layers_figure(const report::TrainingGroups& layers,
                          const report::TrainingGroups::Group& group, const std::string& stem,
                          const std::string& setting);
// Trace of the Hessian with two standard errors, beside that of Gauss-Newton when it was measured;
// and both largest eigenvalues. From a group of curvature.tsv.
lab::Figure trace_figure(const report::TrainingGroups& curvature,
                         const report::TrainingGroups::Group& group, const std::string& stem,
                         const std::string& setting);
// Sharpness against the threshold of gradient descent, with its momentum, and, preconditioned,
// against that of Adam.
lab::Figure stability_figure(const report::TrainingGroups& curvature,
                             const report::TrainingGroups::Group& group, const std::string& stem,
                             const std::string& setting);

}  // namespace dualtape::analyses
