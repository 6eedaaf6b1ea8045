#include "experiments/analyses/probes/ridge_probe.h"

#include <cmath>
#include <limits>
#include <string>

#include "engine/core/parallel.h"
#include "engine/curvature/dense_spectrum.h"
#include "experiments/lab/require.h"

namespace dualtape::analyses {

namespace {

void check(const RidgeDecomposition& decomposition, In<Mat<double>> targets, double penalty) {
    lab::require(targets.cols() == decomposition.samples(), "ridge probe",
                 std::to_string(targets.cols()) + " samples of targets for " +
                     std::to_string(decomposition.samples()) + " of features");
    lab::require(penalty > 0 && std::isfinite(penalty), "ridge probe",
                 "penalty " + std::to_string(penalty) +
                     "; it is positive, as collinear features have no unique optimum without");
}

// K x R: (Y - mean) left' diag(1 / (eigenvalue + penalty)).
Mat<double> coefficients(const RidgeDecomposition& decomposition, In<Mat<double>> targets,
                         double penalty) {
    const Mat<double> centred = targets.colwise() - targets.rowwise().mean();
    Mat<double> shrunk = centred * decomposition.left.transpose();
    shrunk.array().rowwise() /= (decomposition.eigenvalues.array() + penalty).transpose();
    return shrunk;
}

Mat<double> fitted_values(const RidgeDecomposition& decomposition, In<Mat<double>> targets,
                          In<Mat<double>> shrunk) {
    Mat<double> fit = shrunk * decomposition.right;
    fit.colwise() += targets.rowwise().mean();
    return fit;
}

// Residuals over 1 - leverage; shrunk: the coefficients.
Mat<double> left_out_errors(const RidgeDecomposition& decomposition, In<Mat<double>> targets,
                            double penalty, In<Mat<double>> shrunk) {
    const Vec<double> scale = (decomposition.eigenvalues.array() + penalty).inverse();
    Vec<double> rest = decomposition.left.cwiseProduct(decomposition.right).transpose() * scale;
    rest = 1 - 1 / static_cast<double>(decomposition.samples()) - rest.array();
    Mat<double> errors;
    if (decomposition.is_by_samples) {
        // Both over the penalty, which cancels.
        rest = decomposition.left.cwiseAbs2().transpose() * scale;
        errors = shrunk * decomposition.left;
    } else {
        errors = targets - fitted_values(decomposition, targets, shrunk);
    }
    errors.array().rowwise() /= rest.array().transpose();
    return errors;
}

}  // namespace

RidgeDecomposition decompose(In<Mat<double>> features) {
    const Index f = features.rows(), n = features.cols();
    lab::require(
        f > 0 && n > 1, "ridge probe",
        std::to_string(f) + " features of " + std::to_string(n) + " samples; it takes 1 and 2");
    lab::require(features.allFinite(), "ridge probe",
                 "a feature is not finite; leave that sample or feature out");
    RidgeDecomposition result;
    result.mean = features.rowwise().mean();
    const Mat<double> centred = features.colwise() - result.mean;
    result.is_by_samples = f + 1 >= n;
    if (!result.is_by_samples) {
        Mat<double> gram = Mat<double>::Zero(f, f);
        gram.selfadjointView<Eigen::Lower>().rankUpdate(centred);
        const curvature::DenseSpectrum eigen = curvature::dense_spectrum(gram);
        result.eigenvalues = eigen.values.cwiseMax(0.0);
        result.basis = eigen.vectors;
        result.right = result.basis.transpose() * centred;
        result.left = result.right;
        return result;
    }
    // The constant vector is lifted above all other eigenvalues, so that it is the last, alone.
    Mat<double> gram = Mat<double>::Zero(n, n);
    gram.selfadjointView<Eigen::Lower>().rankUpdate(centred.transpose());
    const double lift = gram.trace() > 0 ? 2 * gram.trace() : 1;
    gram.array() += lift / static_cast<double>(n);
    const curvature::DenseSpectrum eigen = curvature::dense_spectrum(gram);
    const Mat<double> vectors = eigen.vectors.leftCols(n - 1);
    result.eigenvalues = eigen.values.head(n - 1).cwiseMax(0.0);
    result.left = vectors.transpose();
    result.basis = centred * vectors;
    result.right = result.eigenvalues.asDiagonal() * result.left;
    return result;
}

RidgeProbe fit_ridge(const RidgeDecomposition& decomposition, In<Mat<double>> targets,
                     double penalty) {
    check(decomposition, targets, penalty);
    RidgeProbe probe;
    probe.weights = coefficients(decomposition, targets, penalty) * decomposition.basis.transpose();
    probe.intercepts = targets.rowwise().mean() - probe.weights * decomposition.mean;
    return probe;
}

Mat<double> leave_one_out(const RidgeDecomposition& decomposition, In<Mat<double>> targets,
                          double penalty) {
    check(decomposition, targets, penalty);
    return targets - left_out_errors(decomposition, targets, penalty,
                                     coefficients(decomposition, targets, penalty));
}

Mat<double> predict(const RidgeProbe& probe, In<Mat<double>> features) {
    lab::require(features.rows() == probe.weights.cols(), "ridge probe",
                 std::to_string(features.rows()) + " features for a probe of " +
                     std::to_string(probe.weights.cols()));
    Mat<double> predictions = probe.weights * features;
    predictions.colwise() += probe.intercepts;
    return predictions;
}

Vec<double> r_squared(In<Mat<double>> targets, In<Mat<double>> predictions,
                      In<Vec<double>> baseline) {
    lab::require(targets.rows() == predictions.rows() && targets.cols() == predictions.cols() &&
                     baseline.size() == targets.rows(),
                 "ridge probe", "targets, predictions and baseline differ in size");
    Vec<double> result(targets.rows());
    for (Index k = 0; k < targets.rows(); ++k) {
        const double error = (targets.row(k) - predictions.row(k)).squaredNorm();
        const double total = (targets.row(k).array() - baseline[k]).matrix().squaredNorm();
        const bool is_constant = targets.row(k).maxCoeff() == targets.row(k).minCoeff();
        result[k] = is_constant ? std::numeric_limits<double>::quiet_NaN() : 1 - error / total;
    }
    return result;
}

std::vector<double> default_penalties() {
    std::vector<double> penalties;
    for (int i = 0; i < 10; ++i) penalties.push_back(std::pow(10.0, -4 + 8.0 * i / 9));
    return penalties;
}

RidgeScan scan_ridge(const RidgeDecomposition& decomposition, In<Mat<double>> targets,
                     const std::vector<double>& penalties, int threads) {
    lab::require(!penalties.empty(), "ridge probe", "no penalties; give one or more");
    for (const double penalty : penalties) check(decomposition, targets, penalty);
    const Index k = targets.rows(), num_penalties = static_cast<Index>(penalties.size());
    const Vec<double> mean = targets.rowwise().mean();
    // y_i - mean of the others = (y_i - mean) N / (N - 1).
    const auto n = static_cast<double>(targets.cols());
    const double others = n * n / ((n - 1) * (n - 1));
    RidgeScan scan{.penalties = penalties, .fitted = {}, .left_out = {}, .best = {}, .best_r2 = {}};
    scan.fitted.resize(k, num_penalties);
    scan.left_out.resize(k, num_penalties);
    parallel_for(resolve_threads(threads), num_penalties, [&](Index at, int) {
        const double penalty = penalties[static_cast<std::size_t>(at)];
        const Mat<double> shrunk = coefficients(decomposition, targets, penalty);
        const Mat<double> errors = left_out_errors(decomposition, targets, penalty, shrunk);
        scan.fitted.col(at) =
            r_squared(targets, fitted_values(decomposition, targets, shrunk), mean);
        scan.left_out.col(at) =
            1 - (1 - r_squared(targets, targets - errors, mean).array()) / others;
    });
    scan.best_r2.resize(k);
    for (Index row = 0; row < k; ++row) {
        Index best = 0;
        for (Index at = 1; at < num_penalties; ++at) {
            const double gain = scan.left_out(row, at) - scan.left_out(row, best);
            const bool is_larger =
                penalties[static_cast<std::size_t>(at)] > penalties[static_cast<std::size_t>(best)];
            if (gain > 0 || (gain == 0 && is_larger)) best = at;
        }
        scan.best.push_back(best);
        scan.best_r2[row] = scan.left_out(row, best);
    }
    return scan;
}

}  // namespace dualtape::analyses
