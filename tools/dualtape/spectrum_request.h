#pragma once
// What the command line of `dualtape spectrum` asks for.

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/analyses/curvature/sharpness_measures.h"
#include "experiments/analyses/curvature/spectrum.h"
#include "experiments/lab/options.h"
#include "experiments/study/classifier.h"

namespace dualtape::tools {

struct SpectrumRequest {
    std::int64_t top = 10, bottom = lab::kAutoInteger;
    bool density = false, trace = false, verify = false, strict = false;
    bool sharpness = false;
    std::string matrix = "hessian", block_by = "none", checkpoints = "last", part = "train", out;
    std::vector<std::string> only;  // words of parameter_choice.h; empty: all parameters
    double tolerance = analyses::kTwoDigits;
    std::int64_t dense_limit = 2500;
    std::int64_t max_products = 1000, trace_probes = 32, density_probes = 4, density_steps = 48;
    analyses::MeasureSettings measures;
    std::int64_t hessian_batch = 0, repeats = 5;
    std::int64_t seed = 0, threads = 0;
    bool force = false, quiet = false;

    // Throws lab::InputError for options that do not fit together.
    void check() const;
    study::Part samples() const { return part == "train" ? study::Part::train : study::Part::test; }
    // Of a matrix that has no negative eigenvalues, or may have some.
    std::int64_t smallest(bool is_semidefinite) const;
    analyses::SpectrumSettings solve(bool is_semidefinite) const;
    // Is the operator one without negative eigenvalues?
    bool is_semidefinite() const;
    // Of the results below a run, one for each matrix: "spectrum-hessian", "spectrum-ggn-by-layer",
    // "spectrum-hessian-only-layers.0.weight_0-16", "spectrum-hessian-test".
    std::string folder_name() const;
};

// Adds every option, with the values of `request` as defaults. It must outlive them.
void add_spectrum_options(lab::Options& options, SpectrumRequest& request);

}  // namespace dualtape::tools
