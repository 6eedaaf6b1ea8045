#pragma once
// Spectral measure of a symmetric operator by stochastic Lanczos quadrature: nodes and weights,
// and what follows from them without a smoothing kernel. Curves are in smoothing.h.

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/curvature/deflation.h"
#include "engine/curvature/estimate.h"
#include "engine/curvature/operator.h"
#include "engine/curvature/probes.h"

namespace dualtape::curvature {

// State of a run, handed to DensitySettings::progress after every block of products.
struct DensityProgress {
    Index products = 0;
    Index planned = 0;  // products of the whole run; fewer when a Krylov space is exhausted
};

template <class Scalar>
struct DensitySettings {
    Index probes = 8;
    Index steps = 128;           // Lanczos steps of each probe; clipped to the dimension
    Probe kind = Probe::sphere;  // scaled to unit length; sphere or rademacher
    std::uint64_t seed = 0;      // of the streams "density", one a probe
    // Bytes for the Krylov bases, probes x (steps + 4) x P scalars. Probes that do not fit together
    // run in groups, one after the other, with the same bits.
    std::size_t memory_limit = std::size_t{1} << 30;
    // Converged eigenpairs, which leave the quadrature and stay in the measure as exact values.
    Deflation<Scalar> deflation;
    int threads = 1;  // for the algebra; the operator has its own
    // Return false to stop.
    std::function<bool(const DensityProgress&)> progress;
};

enum class DensityStatus { done, cancelled, nonfinite };
const char* text(DensityStatus status);

// Gauss quadrature of the measure sum_k (u_k'v)^2 delta(x - lambda_k) that the unit probe v sees:
// exact for polynomials of degree up to 2 nodes - 1.
struct ProbeQuadrature {
    Vec<double> nodes;      // ascending Ritz values
    Vec<double> weights;    // not negative, sum 1
    bool is_exact = false;  // the Krylov space was exhausted: exact for every function
    // The Lanczos recurrence, whose tridiagonal T has the nodes as eigenvalues: diagonal of T, and
    // what couples its rows, one fewer. Empty for a spectrum that is known whole.
    Vec<double> diagonal{}, couplings{};
};

// The share of the P eigenvalues at x is estimated by the mean over probes, each of weight
// dimension / P, and by 1 / P at every removed value.
struct SpectralMeasure {
    DensityStatus status = DensityStatus::done;
    std::vector<ProbeQuadrature> probes;
    Vec<double> removed;  // the deflated eigenvalues
    Index dimension = 0;  // P less the deflated ones
    Index steps = 0;      // per probe, as asked for
    Index products = 0;
    bool is_whole = false;  // from exact_measure: sums over the spectrum have no error

    Index size() const { return dimension + removed.size(); }  // P
    // Over all nodes and removed values; -+ infinity when there are none.
    double largest() const;
    double smallest() const;
};

// Lanczos with full reorthogonalisation (classical Gram-Schmidt twice), all probes of a group in
// one block product a step. A step whose coupling falls to 10 u sqrt(P) |T| ends its probe, which
// is then exact. A cancelled run keeps its finished groups and the shorter quadratures of the
// current one; so does one that met numbers that are not finite.
// With deflated pairs, rademacher probes lose a little length in the projection, and scaling them
// back biases the measure by O(1 / P).
// Cost: probes x steps products, and 4 steps^2 P flops a probe. Same bits for any number of
// threads and any memory limit, given an operator whose products do not depend on the block width.
// Throws std::invalid_argument for settings out of range, naming the setting and the remedy.
// Source: Lin, Saad & Yang 2016; error bounds in Chen, Trogdon & Ubaru 2021: Wasserstein distance
// below d (lambda_max - lambda_min) for steps >= 12 / d + 1/2 and enough probes.
template <class Scalar>
SpectralMeasure spectral_measure(const Operator<Scalar>& matrix,
                                 const DensitySettings<Scalar>& settings);

// The measure of a spectrum that is known whole (dense.h): one quadrature, with a node of weight
// 1 / P for every eigenvalue. Values in any order; throws std::invalid_argument for none.
SpectralMeasure exact_measure(Vec<double> values);

// A number of eigenvalues, or their share of P. Beside the chance of its probes it has the error
// that they have in common: between its nodes a quadrature does not tell where the eigenvalues lie.
struct CountEstimate : Estimate {
    double resolution = 0;  // bound of that error (resolution.h), mean over the probes
    // An interval is value +- (quantile * standard_error + resolution); twice or three times this
    // is never narrower.
    double error() const { return standard_error + resolution; }
};

// Number of eigenvalues above x. A small number has skewed samples: Student's 95 % interval of 8
// probes covers 1 in 85 % of cases, 3 in 91 %, 10 in 94 %. Deflate such outliers.
CountEstimate count_above(const SpectralMeasure& measure, double x);

// Trace, squared Frobenius norm and its root; P sum w theta and P sum w theta^2: exact for each
// probe's v'Av and, from two steps on, |Av|^2, hence estimates of Hutchinson's kind. The square
// leaves the range of numbers where the norm is below 1e-154 or above 1e154.
Estimate trace(const SpectralMeasure& measure);
Estimate squared_norm(const SpectralMeasure& measure);
Estimate frobenius_norm(const SpectralMeasure& measure);

// Below this modulus an eigenvalue counts as zero: max(1e-8, product_noise) times the largest
// modulus. product_noise is the relative error of a product. 1 for the zero matrix.
double zero_scale(const SpectralMeasure& measure, double product_noise = 0);

// Shares of the P eigenvalues with |x| <= zero, x < -zero and x > zero.
struct SpectralMasses {
    CountEstimate zero, negative, positive;
};
SpectralMasses spectral_masses(const SpectralMeasure& measure, double zero);

}  // namespace dualtape::curvature
