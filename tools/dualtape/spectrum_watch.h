#pragma once
// Live progress of spectra on stderr: products, Ritz values, worst residual, HVP/s, time left.

#include <cstdint>
#include <string>

#include "experiments/analysis/spectrum.h"
#include "experiments/lab/progress.h"

namespace dualtape::tools {

// The products that a solve still needs, from how its worst residual fell so far: log(residual) as
// a line in the number of products.
class ResidualSlope {
  public:
    // residual: over its tolerance, so that the solve ends at 1. Returns the expected number of
    // products of the whole solve, at most `limit`.
    std::int64_t expect(std::int64_t products, double residual, std::int64_t limit);

  private:
    std::int64_t first_products_ = 0;
    double first_log_ = 0;
    bool has_first_ = false;
};

class SpectrumWatcher {
  public:
    explicit SpectrumWatcher(bool is_quiet);
    // For one spectrum; it stops when an interrupt has come.
    analysis::SpectrumWatch watch(std::string name, std::int64_t max_products);
    void finish() { progress_.finish(); }

  private:
    lab::Progress progress_;
};

}  // namespace dualtape::tools
