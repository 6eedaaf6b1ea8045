#pragma once
// Extreme eigenpairs of a symmetric operator: block thick-restart Lanczos.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/curvature/operator.h"

namespace dualtape::curvature {

// State of a solve, handed to LanczosSettings::progress whenever Ritz pairs are computed: at the
// latest after a tenth more columns. During the completeness check `wanted` counts missed pairs.
struct LanczosProgress {
    Index products = 0;
    Index restarts = 0;
    Index basis_size = 0, basis_limit = 0;
    double largest = 0, smallest = 0;  // leading Ritz values
    Index converged = 0, wanted = 0;
    double worst_residual = 0;  // of the wanted pairs, relative to their tolerance
};

// When a solve looks for missed copies of repeated eigenvalues among its results.
enum class CopyCheck {
    never,
    // When a value was seen as often as the block is wide, so that it may have more copies, and
    // after a warm start, which may lack some. A block of random vectors sees as many copies of an
    // eigenvalue as it has columns, so one that was seen less often is complete.
    where_repeated,
    always
};

template <class Scalar>
struct LanczosSettings {
    Index largest = 10;           // algebraically largest eigenvalues wanted
    Index smallest = 3;           // algebraically smallest
    Index largest_magnitude = 0;  // instead of both: largest in modulus
    // Columns multiplied at once. Two see double eigenvalues in one sweep; the check of copies
    // finds higher multiplicities. Clipped to 16.
    Index block = 2;
    Index basis = 0;  // columns kept; 0: max(3 wanted + 8, 32 block)
    // A pair has converged when its residual, from a product, is at most
    // tolerance * max(|value|, floor |A|). Tolerance 0: 1e-8 in double, 1e-4 in float. Below 1e-5
    // is refused in float. Floor 0: 10 product_noise / tolerance, so that no pair has to be more
    // accurate than the products are, and at least u^(2/3), u the round-off. A larger floor spares
    // the digits of eigenvalues near zero, which cost most.
    double tolerance = 0;
    double floor = 0;
    Index max_products = 5000;
    std::uint64_t seed = 0;  // of the streams "probes"
    // Among the outermost pairs of an end that are known to a tenth of their value. At most `basis`
    // products, or 48, where nothing is missed.
    CopyCheck check = CopyCheck::always;
    int threads = 1;  // for the algebra; the operator has its own
    // Warm start: P x any; a random mixture of its columns starts the solve, so w columns cost no
    // wider block. Empty: random.
    Mat<Scalar> start;
    // Relative error of a product, for the stop "stagnated" and the floor of the bounds. 0: 10 u.
    double product_noise = 0;
    // Return false to stop.
    std::function<bool(const LanczosProgress&)> progress;
};

// converged: every wanted pair, by its residual. stagnated: the products are not accurate enough
// for the tolerance.
enum class LanczosStatus { converged, budget, stagnated, cancelled, nonfinite };
const char* text(LanczosStatus status);

struct EigenPair {
    double value = 0;
    double residual = 0;  // |A y - value y| of the unit vector y, from a product
    double estimate = 0;  // the same from the recurrence; below the truth at the noise floor
    // An eigenvalue lies within r + 10 noise |A|; within r^2 / gap + 10 noise |A| where r is far
    // below the gap (bounds.h).
    double bound = 0;
    double angle = 1;           // bound of the sine between y and the eigenspace: r / gap
    Index multiplicity = 1;     // pairs in its cluster: values equal within residuals
    bool is_converged = false;  // its residual is within the tolerance, whatever the status
    // No copy of it or of one further out is missing, by the rule of CopyCheck or by the check: it
    // is the k-th eigenvalue from its end, not just one of them. False: that was not looked for, or
    // the products did not tell.
    bool is_complete = false;
    int digits = 0;  // of the k-th eigenvalue: what the bound leaves certain if it is complete
    // The value lies beyond zero at its end: the k-th smallest Ritz value is no less than the k-th
    // smallest eigenvalue, so k of them are negative if it is. Or the bound of a complete one
    // excludes zero.
    bool is_sign_certain = false;
};

template <class Scalar>
struct Eigenpairs {
    LanczosStatus status = LanczosStatus::budget;
    std::vector<EigenPair> largest;   // descending values; largest_magnitude: descending modulus
    std::vector<EigenPair> smallest;  // ascending values
    Mat<Scalar> largest_vectors;      // P x largest.size(), unit columns
    Mat<Scalar> smallest_vectors;
    double norm = 0;           // largest |Ritz value| seen
    Index products = 0;        // until convergence
    Index check_products = 0;  // for true residuals and the completeness check
    Index restarts = 0;
    Index found_by_check = 0;  // copies of repeated eigenvalues that the check added
    // All wanted pairs of the end are complete.
    bool is_largest_complete = false, is_smallest_complete = false;
};

// Full reorthogonalisation, Rayleigh-Ritz on the whole basis, restarts with the wanted Ritz vectors
// and as many others at either end as promise the fastest convergence. Trouble is a status; what
// was found is returned with flags.
// Cost: 4 basis P flops a column beside the products. Same bits for any number of threads, and the
// same digits for the matrix times a power of two (normalised_operator.h).
// Throws std::invalid_argument when more pairs are wanted than there are, or for settings out of
// range, naming the setting, its value and the remedy.
// Source: Wu & Simon 2000 (thick restart); Yamazaki et al. 2010 (how much is kept); Grimes, Lewis &
// Simon 1994 (blocks); Parlett 1998, ch. 11 and 13 (bounds).
template <class Scalar>
Eigenpairs<Scalar> lanczos(const Operator<Scalar>& matrix, const LanczosSettings<Scalar>& settings);

}  // namespace dualtape::curvature
