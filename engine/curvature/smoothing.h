#pragma once
// Curves of a spectral measure: its nodes under Gaussian kernels, on a linear and a signed
// logarithmic axis. Counts and masses (density.h) need no kernel and come first.

#include "engine/curvature/density.h"

namespace dualtape::curvature {

struct LinearAxis {
    Index points = 1024;
    // Standard deviation of the kernel. 0: half the range of the nodes times
    // 2 / ((steps - 1) sqrt(8 ln 3)), at which kernels a mean spacing of nodes apart just merge.
    double width = 0;
    // Ends; equal: the extreme nodes of all probes, 5 % of their range and at least 4 widths
    // beyond.
    double low = 0, high = 0;
};

// Density of the quadrature's eigenvalues as a share of all P, so its integral is dimension / P;
// removed eigenvalues are sticks of height 1 / P that the caller draws.
struct LinearDensity {
    Vec<double> x, density;
    double width = 0;
    double mass = 0;           // integral on the grid over dimension / P
    bool is_complete = false;  // mass is 1 +- 1e-3; else the axis is too short or too coarse
};

// Source of the width: Papyan 2019; a spectrum in one point gets a range of 1e-6 of its modulus.
// Throws std::invalid_argument for a measure without probes and for an axis out of range.
LinearDensity linear_density(const SpectralMeasure& measure, const LinearAxis& axis = {});

struct SignedLogAxis {
    double zero = 0;      // lambda_0; 0: zero_scale(measure)
    double width = 0.05;  // standard deviation of the kernel in decades
};

// The axis is asinh(|x| / lambda_0) / ln 10 in decades, one grid for both signs.
struct SignedLogDensity {
    Vec<double> axis;                // in decades
    Vec<double> x;                   // |x| at these points
    Vec<double> negative, positive;  // shares of the P eigenvalues per decade, at -x and at x
    double zero = 0;                 // lambda_0
    SpectralMasses masses;           // removed values included, unlike the curves
    double mass = 0;  // integral of both curves and zero mass of the quadrature, over dimension / P
    bool is_complete = false;  // mass is 1 +- 1e-3
};

// Throws std::invalid_argument for a measure without probes and for a width that is not positive.
SignedLogDensity signed_log_density(const SpectralMeasure& measure, const SignedLogAxis& axis = {});

}  // namespace dualtape::curvature
