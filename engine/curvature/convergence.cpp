#include "engine/curvature/convergence.h"

#include <algorithm>
#include <cmath>

namespace dualtape::curvature {

double Criterion::allowed(double value, double norm) const {
    return tolerance * std::max(std::abs(value), floor * norm);
}

Convergence assess(const Criterion& criterion, const Vec<double>& values,
                   const Vec<double>& residuals, const std::vector<Index>& chosen, double norm) {
    Convergence state;
    for (const Index i : chosen) {
        const double allowed = criterion.allowed(values[i], norm);
        if (std::hypot(residuals[i], criterion.noise * norm) <= allowed) {
            ++state.converged;
            continue;
        }
        state.worst = std::max(state.worst, residuals[i] / allowed);
        state.worst_residual = std::max(state.worst_residual, residuals[i]);
    }
    return state;
}

Index LookOut::wait(Index size, double worst) {
    double columns = 0.1 * static_cast<double>(size);
    if (worst > 1 && worst < last_worst_) {
        const double rate = std::log(last_worst_ / worst) / static_cast<double>(size - last_size_);
        columns = std::min(columns, 0.5 * std::log(worst) / rate);
    }
    last_size_ = size;
    last_worst_ = worst;
    return static_cast<Index>(columns);
}

bool Stagnation::is_reached(Index products, const Convergence& state, double noise) {
    if (products - products_ < patience_) return false;
    if (state.worst > 0.9 * worst_ && state.worst_residual <= 50 * noise) return true;
    products_ = products;
    worst_ = state.worst;
    return false;
}

}  // namespace dualtape::curvature
