#pragma once
// Means over independent random probes, their standard errors, and 95 % intervals.

#include "engine/core/types.h"

namespace dualtape::curvature {

struct Estimate {
    double value = 0;
    double standard_error = 0;  // NaN when unknown: from a single sample
};

// The mean of independent samples and sd / sqrt(samples), sd with samples - 1 in its denominator.
// NaN without samples.
Estimate mean_estimate(const Vec<double>& samples);

// The 97.5 % quantile of Student's t: value +- quantile * standard_error covers the mean of normal
// samples in 95 % of cases, however few they are. NaN below one degree of freedom.
// Error: below 2e-3 relative. Source: Abramowitz & Stegun 26.7.5, four terms; 1 and 2 are exact.
double student_quantile(Index degrees_of_freedom);

}  // namespace dualtape::curvature
