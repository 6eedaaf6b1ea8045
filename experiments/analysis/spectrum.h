#pragma once
// The spectrum of a curvature matrix: both ends, trace and density, in the order that makes the
// later ones cheap.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/curvature/density.h"
#include "engine/curvature/lanczos.h"
#include "engine/curvature/trace.h"

namespace dualtape::analysis {

struct SpectrumSettings {
    Index largest = 10, smallest = 10;  // eigenpairs wanted at either end; clipped to P / 8
    double tolerance = 3e-4;            // of the residuals, relative to the largest modulus
    Index max_products = 1000;          // of the eigensolver
    bool verifies = false;              // look for missed copies of repeated eigenvalues
    // Relative error of a product, of an operator check. Below the solver's own estimate, ten
    // round-offs, that one holds.
    double product_noise = 0;
    // Up to so many rows the whole matrix is taken where it costs fewer products; 0: never.
    Index dense_limit = 0;
    Index expected_products = 0;  // of the eigensolver, say at the step before; 0: not known
    bool has_trace = false;
    Index trace_probes = 48;
    bool has_density = false;
    Index density_probes = 8;  // error bars come from their spread
    Index density_steps = 64;  // of Lanczos, each probe
    // Of the random vectors, which are the same at every step of a training: differences between
    // steps are then less noisy than the error bars.
    std::uint64_t seed = 0;
    int threads = 1;  // of the algebra beside the products
};

// Eigenvalues below minus this share of the largest modulus count as negative.
inline constexpr double kNegativeShare = 1e-5;

struct Eigenvalue {
    double value = 0;
    double residual = 0;  // ||A y - value y||, true; exact: P 2^-52 max|value|
    double bound = 0;     // an eigenvalue lies within this distance
    bool is_converged = false;
};

// Is this a status of a spectrum whose wanted pairs are all found?
inline bool has_converged(const std::string& status) {
    return status == "converged" || status == "exact";
}

struct Spectrum {
    std::vector<Eigenvalue> largest;   // falling
    std::vector<Eigenvalue> smallest;  // rising
    // Of the eigensolver: converged, budget, ...; or exact: from the whole matrix.
    std::string status;
    Index products = 0;  // of the eigensolver
    Index restarts = 0;
    Index num_converged = 0, num_wanted = 0;
    // Eigenvalues below -kNegativeShare max|value|; a lower bound when all wanted ones are.
    Index num_negative = 0;
    bool is_count_exact = true;
    // P x (largest + smallest), in that order: the start of the next solve. Exact: P x 0.
    Mat<double> vectors;
    // With the converged pairs taken out exactly, so that the error bars are those of the rest. Of
    // an exact spectrum both are exact.
    std::optional<curvature::TraceAndNorm> trace;
    std::optional<curvature::SpectralMeasure> measure;

    bool is_cancelled() const { return status == "cancelled"; }
    bool is_exact() const { return status == "exact"; }
    bool has_converged() const { return analysis::has_converged(status); }
};

// State of the solve, after every block of products.
struct SpectrumProgress {
    std::string stage;                 // "eigenvalues", "trace", "density", "whole matrix"
    Index products = 0, expected = 0;  // of this stage; 0: not known
    double largest = 0, smallest = 0;  // leading Ritz values
    double worst_residual = 0;         // of the wanted pairs, over their tolerance
};
// Returns false to stop.
using SpectrumWatch = std::function<bool(const SpectrumProgress&)>;

// warm_start: P x w, w >= 0: approximate vectors, of an earlier step. A stopped measurement has the
// status "cancelled" and holds what was found. Cost: the products of the eigensolver, trace_probes
// products, density_probes * density_steps products. Same bits for any number of threads.
// Up to dense_limit rows the whole matrix is taken instead, by P products and 4/3 P^3 flops: when
// more than P products are expected, when P is at most 300, or when more pairs are wanted than the
// eigensolver looks for, which is P / 8 at either end. Then everything is exact, without standard
// errors, and the status says so. The P products are not interrupted.
Spectrum measure_spectrum(const curvature::Operator<double>& matrix,
                          const SpectrumSettings& settings, In<Mat<double>> warm_start,
                          const SpectrumWatch& watch);

}  // namespace dualtape::analysis
