#pragma once
// What is measured of the curvature at the visits of a training, as the words of --curvature.

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/analyses/curvature/sharpness.h"
#include "experiments/lab/options.h"

namespace dualtape::analyses {

// The words, e.g. --curvature top=5,bottom=2,trace,density
//   top=K, bottom=K  eigenpairs at either end
//   trace            trace and Frobenius norm with standard errors
//   density          spectral density at log-spaced visits and the last; density=all: at every one
//   ggn              largest eigenvalue and trace of the Gauss-Newton matrix
//   layers           the same of the diagonal block of every layer
//   adam             sharpness in the metric of Adam's step, which needs adam or adamw
struct CurvatureSettings {
    std::int64_t every = 1000;  // steps between visits
    std::vector<std::string> quantities{"top=10", "bottom=10", "trace", "density", "ggn"};
    double tolerance = 3e-4;
    std::int64_t max_products = 1000;
    std::int64_t trace_probes = 32;
    std::int64_t density_probes = 4;
    std::int64_t density_steps = 48;
    std::int64_t power_rounds = 100;
    double power_tolerance = 0;
    std::int64_t dense_limit = 0;

    // Throws InputError for a word that is none of these, with a suggestion.
    void check() const;
    bool has(const std::string& word) const;  // "trace"
    // The number after "top=", 0 without that word.
    Index count(const std::string& word) const;
    // Is the density measured at visit number `visit`, from 0?
    bool has_density(std::int64_t visit, bool is_last) const;

    // For a visit. Seed, step and preconditioner are the caller's.
    SharpnessSettings at_visit(std::int64_t visit, bool is_last, int threads) const;
};

// Opens the group "curvature" and adds all of them. needed: of "top" and "bottom", those that an
// experiment is about; settings without them are refused.
void add_curvature(lab::Options& options, CurvatureSettings& settings,
                   const std::vector<std::string>& needed);

}  // namespace dualtape::analyses
