#pragma once
// A matrix that reports every product and can be stopped between any two of them.

#include <cstdint>
#include <functional>
#include <string>

#include "engine/curvature/operator.h"

namespace dualtape::analyses {

// State of a measurement, after every block of products.
struct SpectrumProgress {
    std::string stage;   // "eigenvalues", "trace", "density", "whole matrix", ...
    Index products = 0;  // of all stages so far, quadratic forms included
    Index total = 0;     // that it takes at most; 0: not known yet
    double largest = 0;  // leading Ritz values
    double smallest = 0;
    double worst_residual = 0;  // of the wanted pairs, over their tolerance
};
// Returns false to stop.
using SpectrumWatch = std::function<bool(const SpectrumProgress&)>;

// Products come from the thread that solves: whatever multiplies by it ends within one block.
class WatchedOperator final : public curvature::Operator<double> {
  public:
    // Thrown by a product after which the watch returned false.
    struct Stopped {};

    // Both must outlive it.
    WatchedOperator(const curvature::Operator<double>& matrix, const SpectrumWatch& watch)
        : matrix_(matrix), watch_(watch) {}
    Index rows() const override { return matrix_.rows(); }
    // What the watch is shown; the products are counted here.
    SpectrumProgress& progress() { return progress_; }

  private:
    void multiply(In<Mat<double>> v, Out<Mat<double>> av) const override {
        matrix_.apply(v, av);
        count(v.cols());
    }
    Vec<double> quadratic_form(In<Mat<double>> v) const override {
        Vec<double> forms = matrix_.quadratic(v);
        count(v.cols());
        return forms;
    }
    void count(Index columns) const {
        progress_.products += columns;
        if (!watch_(progress_)) throw Stopped();
    }

    const curvature::Operator<double>& matrix_;
    const SpectrumWatch& watch_;
    mutable SpectrumProgress progress_;
};

}  // namespace dualtape::analyses
