#pragma once
// The spectrum of a curvature matrix: both ends, trace and density, in the order that makes the
// later ones cheap.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/curvature/density.h"
#include "engine/curvature/lanczos.h"
#include "engine/curvature/trace.h"
#include "experiments/analyses/curvature/watched_operator.h"

namespace dualtape::analyses {

// Relative error of a value whose sign and first two digits are certain.
inline constexpr double kTwoDigits = 5e-3;

struct SpectrumSettings {
    // Eigenpairs wanted at either end; Lanczos looks for P / 8 at most, and counts those as wanted.
    Index largest = 10, smallest = 10;
    // A pair has converged when residual and bound are at most this share of its own value, or
    // when it is zero to rounding.
    double accuracy = kTwoDigits;
    // The solve may end where all residuals are below this share of the largest modulus, though
    // values near zero have not converged by then; 0: it goes on.
    double tolerance = 3e-4;
    Index max_products = 1000;  // of the eigensolver
    // For missed copies of repeated eigenvalues.
    curvature::CopyCheck check = curvature::CopyCheck::where_repeated;
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
    double residual = 0;  // ||A y - value y||, true; exact: max(P 2^-52, 10 noise) max|value|
    double bound = 0;     // an eigenvalue lies within this distance
    int digits = 0;       // that the bound leaves certain
    bool is_sign_certain = false;
    // To the accuracy of the settings. Without a certain sign: it is zero to rounding.
    bool is_converged = false;
};

// Is this a status of a spectrum whose wanted pairs are all found and have converged?
inline bool has_converged(const std::string& status) {
    return status == "converged" || status == "exact";
}

struct Spectrum {
    std::vector<Eigenvalue> largest;   // falling
    std::vector<Eigenvalue> smallest;  // rising
    // Of the eigensolver: converged, budget, ...; exact: from the whole matrix; coarse: either
    // ended with pairs that are not as accurate as asked.
    std::string status;
    bool is_whole = false;  // from the whole matrix
    Index products = 0;     // of the eigensolver
    Index restarts = 0;
    Index num_converged = 0, num_wanted = 0;
    // Eigenvalues below -kNegativeShare max|value|; a lower bound when all wanted ones are.
    Index num_negative = 0;
    bool is_count_exact = true;
    // No copies of repeated eigenvalues are missing at this end; false: that was not checked, or
    // the check did not settle it.
    bool is_largest_complete = false, is_smallest_complete = false;
    // P x (largest + smallest), in that order: the start of the next solve. Exact: P x 0.
    Mat<double> vectors;
    // With the converged pairs taken out exactly, so that the error bars are those of the rest. Of
    // an exact spectrum both are exact.
    std::optional<curvature::TraceAndNorm> trace;
    std::optional<curvature::SpectralMeasure> measure;

    bool is_cancelled() const { return status == "cancelled"; }
    bool has_converged() const { return analyses::has_converged(status); }
};

// warm_start: P x w, w >= 0: approximate vectors, of an earlier step. A stopped measurement has the
// status "cancelled" and holds what was found. Cost: the products of the eigensolver, trace_probes
// products, density_probes * density_steps products. Same bits for any number of threads.
// Up to dense_limit rows the whole matrix is taken instead, by P products and 4/3 P^3 flops: when
// more than P products are expected, when P is at most 300, or when more pairs are wanted than the
// eigensolver looks for, which is P / 8 at either end. Then everything is exact, without standard
// errors, and the status says so.
Spectrum measure_spectrum(const curvature::Operator<double>& matrix,
                          const SpectrumSettings& settings, In<Mat<double>> warm_start,
                          const SpectrumWatch& watch);

}  // namespace dualtape::analyses
