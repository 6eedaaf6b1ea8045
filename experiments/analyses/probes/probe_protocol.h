#pragma once
// How a concept is probed: held-out scores with a nested choice of the penalty, and the literal
// protocol of published code, which scores a probe on its own training samples.

#include <cstdint>
#include <span>
#include <vector>

#include "experiments/analyses/probes/folds.h"
#include "experiments/analyses/probes/logistic_probe.h"
#include "experiments/analyses/probes/ridge_probe.h"
#include "experiments/analyses/probes/scores.h"
#include "experiments/statistics/mean_interval.h"

namespace dualtape::analyses {

struct ProbeProtocol {
    Index folds = 5;
    Index repeats = 5;  // of the whole cross-validation, with other random folds
    std::vector<double> penalties = default_penalties();
    // The penalty is chosen by the log-loss on inner folds of the training samples: this many of
    // `folds` are held out in turn.
    Index inner_folds = 1;
    bool is_standardised = true;  // on the training samples of every outer fold
    LogisticSettings logistic{};  // its penalty is replaced by the chosen one
    std::uint64_t seed = 0;       // of the folds
    int threads = 1;              // 0: all
};

// One score over all held-out folds of all repeats: cross_validation_interval.
struct ScoreSummary {
    Scores mean, low, high;
};

struct ProbeResult {
    std::vector<Scores> scores;     // repeats x folds, repeat by repeat, each on held-out samples
    std::vector<double> penalties;  // chosen for each of them
    ScoreSummary summary;
    LabelBalance balance;  // of all samples; its base_rate is what always guessing one class gets
    Index num_unconverged = 0;  // of the outer fits
    double largest_gradient_norm = 0;
};

// The default protocol. For every repeat and fold: standardise and rotate to components on the
// training samples (components.h); choose the largest of the penalties of least log-loss on inner
// folds, which share that standardisation; fit the training samples with it; score the held-out.
//   features: F x N; labels: N of 0 and 1
//   groups: N, held out together in outer and inner folds; or empty: folds stratified by label
// Untrained networks and raw inputs are other features for the same call with the same seed: the
// same folds, so that differences are paired.
// Cost: repeats x folds x (penalties x inner_folds + 1) Newton fits: 256 features of 7000 samples
// take about half a second a fold and core. Folds in parallel, same bits for any number of threads.
// Throws std::invalid_argument for sizes that differ, a class with fewer samples or groups than
// folds (and in the inner folds), or settings below their least.
ProbeResult run_probe(In<Mat<double>> features, std::span<const std::int32_t> labels,
                      std::span<const std::int32_t> groups, const ProbeProtocol& settings);

// The probe on all samples, with the penalty chosen as in run_probe, in the units of the features:
// its weights are the direction to erase (erasure.h). Not scored: it has seen everything.
struct FittedProbe {
    LogisticProbe probe;  // weights F and intercept on the features as given
    double penalty = 0;   // on the standardised ones
};
FittedProbe fit_probe(In<Mat<double>> features, std::span<const std::int32_t> labels,
                      std::span<const std::int32_t> groups, const ProbeProtocol& settings);

// The literal protocol: scikit-learn's LogisticRegression(max_iter=1000) on features as they are,
// scored on the samples it was fitted to. Optimistic; never to be read without the default protocol
// beside it. Its L-BFGS minimises J / N of penalty 1 from zero, and rarely converges on activations
// of 64 features or more: where it stops, less is read than at the minimum, which Newton's method
// finds. The stopping rule is scikit-learn's (1.7: no component of the gradient above tol 1e-4, or
// a fall of 64 epsilon), the iterates differ by the line search.
// Source of the published protocol: github.com/krishnanj/apart-hackathon-ideas.
struct LiteralProbe {
    LogisticProbe probe;  // converged by scikit-learn's tol
    Scores scores;        // base rate: the prevalence of the same samples
    LogisticProbe converged;
    Scores converged_scores;
    LabelBalance balance;
};
// max_iterations: of L-BFGS. Cost: of an iteration, 4 F N flops or a few times that; then
// fit_logistic on the features as they are. Errors as there.
LiteralProbe run_literal_probe(In<Mat<double>> features, std::span<const std::int32_t> labels,
                               int max_iterations = 1000);

// Regressions, say fourier_phase_sum_3: ridge with the penalty chosen by leave-one-out on the
// training samples, that of the largest joint R^2; R^2 on the held-out against the training mean,
// joint over the K rows: one number for cos and sin.
struct RegressionResult {
    std::vector<double> r2;  // repeats x folds
    std::vector<double> penalties;
    statistics::Mean summary;
};
// targets: K x N. Cost: an eigendecomposition per fold. Errors as run_probe.
RegressionResult run_regression_probe(In<Mat<double>> features, In<Mat<double>> targets,
                                      std::span<const std::int32_t> groups,
                                      const ProbeProtocol& settings);

}  // namespace dualtape::analyses
