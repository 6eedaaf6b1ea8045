#pragma once
// Every sharpness measure of the engine at one theta, side by side and of the same loss.

#include <cstdint>
#include <functional>

#include "engine/core/model.h"
#include "engine/curvature/sharpness_measures.h"
#include "engine/curvature/worst_case_sharpness.h"

namespace dualtape::analyses {

// Lengths are those of a step in theta, which has no unit; losses are those of the batch.
struct MeasureSettings {
    double sam_rho = 0.05;          // |delta| along the gradient
    double asam_rho = 0.5;          // |T^-1 delta|, T = diag(|theta| + 0.01)
    double average_sigma = 0.01;    // standard deviation of every entry of delta
    double ball_rho = 0.05;         // radius of the ball that holds delta
    double keskar_epsilon = 1e-3;   // |delta_i| <= epsilon (|theta_i| + 1)
    Index average_pairs = 16;       // of opposite deltas
    Index ascent_starts = 5;        // of each worst case ...
    Index ascent_evaluations = 50;  // ... and gradients of each start
    std::uint64_t seed = 0;         // of the random deltas, the same at every step of a training
};

// Definitions and sources: engine/curvature/sharpness_measures.h, worst_case_sharpness.h.
struct SharpnessMeasures {
    double loss = 0, gradient_norm = 0;
    double norm = 0;                        // |theta|, which the others do not know of
    double gradient_curvature = 0;          // g'Hg / |g|^2
    curvature::CriticalSharpness critical;  // along -g
    double sam = 0, asam = 0;               // rise of the loss
    curvature::AverageSharpness average;    // mean rise, with its standard error
    double ball = 0;                        // largest rise found in the ball: a lower bound
    double keskar = 0;                      // in per cent of 1 + loss: a lower bound
    double fisher_rao = 0;                  // theta'G theta
    Index evaluations = 0;                  // of the loss, and ...
    Index gradients = 0;                    // ... of loss and gradient together
    bool is_cancelled = false;              // stopped early: what had not been measured is 0
};

// Critical sharpness starts its search at twice the first step at which a quadratic of the same
// gradient_curvature would rise; at 1 where that curvature is not positive.
// Cost: a gradient and a half for the curvatures; some 15 values for `critical`, 4 for sam and
// asam, 2 average_pairs + 1 for `average`; 2 (ascent_starts ascent_evaluations + 1) gradients for
// `ball` and `keskar`, which is most of it. goes_on is asked before each of them; false stops.
// Makes earlier points of the workspace stale. Same bits for any number of threads.
// Throws std::invalid_argument for a theta that does not fit, and as the measures do.
SharpnessMeasures measure_all_sharpness(const Model<double>& model, Workspace<double>& work,
                                        In<Vec<double>> theta, const Batch<double>& batch,
                                        const MeasureSettings& settings,
                                        const std::function<bool()>& goes_on);

}  // namespace dualtape::analyses
