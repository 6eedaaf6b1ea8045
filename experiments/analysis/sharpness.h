#pragma once
// The ends of the Hessian spectrum at one point of a training, by three independent methods.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/point.h"

namespace dualtape::analysis {

struct SharpnessSettings {
    Index pairs = 10;            // wanted at either end
    double tolerance = 3e-4;     // of the residuals, relative to the largest modulus
    Index max_products = 1000;   // of Lanczos
    Index power_rounds = 100;    // 0: no power iteration
    double power_tolerance = 0;  // relative residual that stops it early; 0: never
    Index dense_limit = 0;       // parameters up to which the whole spectrum is computed
    std::uint64_t seed = 0;      // of the start vectors
    std::uint64_t step = 0;      // of the training: start vectors are a function of seed and step
    int threads = 1;             // of the algebra beside the products
};

struct Eigenvalue {
    double value = 0;
    double residual = 0;  // ||H y - value y||, true
    double bound = 0;     // an eigenvalue lies within this distance
    bool is_converged = false;
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

struct Sharpness {
    double loss = 0, gradient_norm = 0;
    std::vector<Eigenvalue> largest;   // falling
    std::vector<Eigenvalue> smallest;  // rising
    std::string status;                // of Lanczos: converged, budget, ...
    Index products = 0;                // of Lanczos
    Index restarts = 0;
    Index num_converged = 0, num_wanted = 0;
    // Eigenvalues below -1e-5 max|value|; a lower bound when all wanted ones are.
    Index num_negative = 0;
    bool is_count_exact = true;
    double gradient_share = 0;      // of ||gradient||^2 inside the span of the largest pairs
    double gauss_newton_share = 0;  // v'Gv / v'Hv for the vector v of the largest eigenvalue
    std::optional<PowerIteration> power;
    std::optional<DenseEnds> dense;
    // P x (number of pairs), largest first, then smallest: the start of the next solve.
    Mat<double> vectors;
};

// warm_start: P x w, w >= 0: approximate vectors of an earlier step. `is_stopped` is asked between
// products; when it says true the result is incomplete and its status is "cancelled".
// Cost: the products of Lanczos and power iteration, and P products when the spectrum is dense.
// Same bits for any number of threads. Partial results are returned, never thrown away.
Sharpness measure_sharpness(const Point<double>& point, const SharpnessSettings& settings,
                            In<Mat<double>> warm_start, const std::function<bool()>& is_stopped);

}  // namespace dualtape::analysis
