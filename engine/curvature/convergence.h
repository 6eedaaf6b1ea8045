#pragma once
// When the wanted pairs of a Krylov space have converged, when to look again, and when to give up.

#include <limits>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::curvature {

// A pair may have the residual tolerance * max(|value|, floor * norm).
struct Criterion {
    double tolerance = 1e-8;
    double floor = 0;
    double noise = 0;  // relative error of a product

    double allowed(double value, double norm) const;
    // The absolute error of a product, with a margin.
    double noise_floor(double norm) const { return 10 * noise * norm; }
};

struct Convergence {
    Index converged = 0;
    double worst = 0;  // residual over the allowed one, of the pairs that have not converged
    double worst_residual = 0;
};

// Of the chosen pairs, whose residuals are estimates: that of a product also has its noise.
// norm: |A|.
Convergence assess(const Criterion& criterion, const Vec<double>& values,
                   const Vec<double>& residuals, const std::vector<Index>& chosen, double norm);

// When to solve the small eigenproblem of a growing space again, as it can cost as much as a
// product: after a tenth more columns, or half of those in which the worst residual would reach its
// bound at its present rate, whichever is less.
class LookOut {
  public:
    // Columns to wait, after a look at a space of this size.
    Index wait(Index size, double worst);

  private:
    Index last_size_ = 0;
    double last_worst_ = 0;
};

// No gain of a tenth in `patience` products while the residuals are those of inexact products.
class Stagnation {
  public:
    Stagnation(Index products, Index patience) : products_(products), patience_(patience) {}
    bool is_reached(Index products, const Convergence& state, double noise);

  private:
    Index products_, patience_;
    double worst_ = std::numeric_limits<double>::infinity();
};

}  // namespace dualtape::curvature
