#pragma once
// Ridge regression of many targets at many penalties from one eigendecomposition, with exact
// leave-one-out.

#include <vector>

#include "engine/core/types.h"

namespace dualtape::analyses {

// W (K x F) and c (K) minimise, target by target,
//   sum_i (y_i - c - w'x_i)^2 + lambda |w|^2
// The intercept is not penalised. K targets; R eigenvectors, min(F, N - 1) of them.
struct RidgeProbe {
    Mat<double> weights;     // K x F
    Vec<double> intercepts;  // K
};

// What all targets and penalties share: the eigendecomposition of the centred features' Gram
// matrix, F x F; or N x N where F + 1 >= N, without the constant vector that centring annuls.
struct RidgeDecomposition {
    bool is_by_samples = false;  // N x N
    Vec<double> mean;            // F
    Vec<double> eigenvalues;     // R, of X_c X_c' or X_c' X_c, at least 0
    Mat<double> left;            // R x N: targets times its transpose are the coefficients
    Mat<double> right;  // R x N: coefficients over (eigenvalue + lambda) times it are the fit
    Mat<double> basis;  // F x R: right = basis' X_c

    Index features() const { return basis.rows(); }
    Index samples() const { return left.cols(); }
};
// features: F x N. Cost: N F^2 + 9 F^3 flops with F the smaller size, and N F^2 more.
// Throws std::invalid_argument for no features, fewer than 2 samples, or a feature that is not
// finite.
RidgeDecomposition decompose(In<Mat<double>> features);

// targets: K x N. The functions below throw std::invalid_argument when N differs or a penalty is
// not positive: with 0 and collinear features the optimum is not unique.
RidgeProbe fit_ridge(const RidgeDecomposition& decomposition, In<Mat<double>> targets,
                     double penalty);

// K x N: each sample as predicted by the probe that was fitted without it (intercept included;
// the features keep their units), y_i - (y_i - f_i) / (1 - h_i) with the fit f and the leverages
//   h_i = 1 / N + sum_j left_ji right_ji / (eigenvalue_j + lambda)
// By samples, 1 - h_i is sum_j left_ji^2 lambda / (eigenvalue_j + lambda) and the residual
// likewise: no digits cancel where the fit nearly interpolates. Cost: 2 K R N flops. Source: Allen
// 1974; Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, eq. 7.64.
Mat<double> leave_one_out(const RidgeDecomposition& decomposition, In<Mat<double>> targets,
                          double penalty);

// K x columns.
Mat<double> predict(const RidgeProbe& probe, In<Mat<double>> features);

// 1 - sum (y - prediction)^2 / sum (y - baseline)^2 of each row; NaN where the target is constant.
Vec<double> r_squared(In<Mat<double>> targets, In<Mat<double>> predictions,
                      In<Vec<double>> baseline);

// The scan of a penalty grid. R^2 left out compares with the mean of the other samples, so that a
// probe that knows nothing scores 0 and never more on average.
struct RidgeScan {
    std::vector<double> penalties;
    Mat<double> fitted;    // K x penalties: R^2 on the samples of the fit
    Mat<double> left_out;  // K x penalties: R^2 left out
    std::vector<Index>
        best;             // K: the penalty of the largest R^2 left out; ties: the larger penalty
    Vec<double> best_r2;  // K: R^2 left out there; the choice among penalties flatters it a bit
};
// 1e-4, 1e-3.1, ..., 1e4: ten in equal ratios.
std::vector<double> default_penalties();
// Cost: two products of K R N per penalty; penalties in parallel, same bits for any threads.
RidgeScan scan_ridge(const RidgeDecomposition& decomposition, In<Mat<double>> targets,
                     const std::vector<double>& penalties, int threads);

}  // namespace dualtape::analyses
