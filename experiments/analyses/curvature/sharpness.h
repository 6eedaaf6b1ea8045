#pragma once
// Curvature at one point of a training: the spectrum of its Hessian beside what explains it.

#include <optional>

#include "engine/core/point.h"
#include "experiments/analyses/curvature/spectrum.h"
#include "models/mlp.h"

namespace dualtape::analyses {

struct SharpnessSettings {
    SpectrumSettings spectrum;
    Index power_rounds = 100;    // 0: no power iteration
    double power_tolerance = 0;  // relative residual that stops it early; 0: never
    Index dense_limit = 0;       // parameters up to which the whole spectrum is computed
    bool has_gauss_newton = false;
    bool has_layers = false;
    // D of Adam's step, P (engine/curvature/edge_of_stability.h); empty: no preconditioned
    // sharpness.
    Vec<double> preconditioner{};
    Vec<double> update{};    // direction of the optimiser's step, P; empty: no share of it
    std::uint64_t step = 0;  // of the training: power iteration starts from (seed, step)
};

struct PowerIteration {
    double value = 0;     // v'Hv: near the eigenvalue of largest modulus, of either sign
    double residual = 0;  // ||H v - value v|| / |value|
    Index rounds = 0;
};

struct DenseEnds {
    double largest = 0, smallest = 0;
    Index num_negative = 0;
};

// The Gauss-Newton matrix G beside H = G + (H - G).
struct GaussNewton {
    Eigenvalue largest;
    curvature::TraceEstimate trace;
    double residual_share = 0;  // |(H - G) v| / |H v| for the leading eigenvector v of H
};

// The diagonal block of the Hessian that belongs to one layer: weight and bias.
struct LayerCurvature {
    std::string name;  // "layers.0"
    Index parameters = 0;
    Eigenvalue largest;
    curvature::TraceEstimate trace;
};

struct Sharpness {
    double loss = 0, gradient_norm = 0;
    Spectrum spectrum;
    double gradient_share = 0;           // of ||gradient||^2 inside the span of the largest pairs
    std::optional<double> update_share;  // the same of the update's direction
    double gauss_newton_share = 0;       // v'Gv / v'Hv for the vector v of the largest eigenvalue
    std::optional<PowerIteration> power;
    std::optional<DenseEnds> dense;
    std::optional<GaussNewton> gauss_newton;
    std::vector<LayerCurvature> layers;
    std::optional<Eigenvalue> preconditioned;  // largest of D^-1/2 H D^-1/2
};

// As measure_spectrum, of the Hessian at the point, and what the settings ask for beside it. Cost:
// products of the spectrum and of power iteration; P when dense; a solve for one eigenvalue and
// trace_probes quadratic forms for Gauss-Newton and for every layer.
Sharpness measure_sharpness(const Point<double>& point,
                            const std::vector<models::ParameterInfo>& parameters,
                            const SharpnessSettings& settings, In<Mat<double>> warm_start,
                            const SpectrumWatch& watch);

// The largest eigenpair of a matrix, to the tolerance of the settings.
Eigenvalue largest_eigenvalue(const curvature::Operator<double>& matrix,
                              const SpectrumSettings& settings, In<Mat<double>> start);
// Names of layers, in order: what stands before the last dot of the parameters' names.
std::vector<std::string> layer_names(const std::vector<models::ParameterInfo>& parameters);

}  // namespace dualtape::analyses
