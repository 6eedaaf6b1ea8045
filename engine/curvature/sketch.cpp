#include "engine/curvature/sketch.h"

#include <algorithm>
#include <limits>

#include "engine/curvature/length.h"

namespace dualtape::curvature {

template <class Scalar>
RangeSketch<Scalar> sketch_range(const Operator<Scalar>& matrix, Index s, std::string_view purpose,
                                 const TraceSettings<Scalar>& settings) {
    const Index p = matrix.rows();
    RangeSketch<Scalar> sketch{Basis<Scalar>(p, s, settings.threads), Mat<double>::Zero(s, s), {}};

    constexpr double kRoundoff = std::numeric_limits<Scalar>::epsilon();

    // Step 1. Columns one by one, so that R stays triangular when a random column takes the place
    // of a dependent one.
    std::uint64_t draw = 0;
    for (Index first = 0; first < s; first += settings.block) {
        Mat<Scalar> omega(p, std::min(settings.block, s - first)), y(p, omega.cols());
        fill_probes<Scalar>(settings.kind, settings.seed, purpose, first, omega);
        matrix.apply(omega, y);
        for (Index c = 0; c < y.cols(); ++c) {
            Mat<Scalar> column = y.col(c);
            const Index i = first + c;
            // What is left of a dependent column is rounding, which may lie in the range again;
            // what is left of that is nothing.
            const double nothing = kRoundoff * kRoundoff * length(column);
            double before = 0;
            do {
                before = length(column);
                sketch.r.col(i).head(i) += sketch.range.project_out(column);
            } while (length(column) < 0.01 * before);
            sketch.r(i, i) = sketch.range.append(column, 1, nothing, settings.seed, draw)(0, 0);
        }
    }

    // Step 2. s_i from R' s_i = e_i. A zero on the diagonal stands for rounding: the solution then
    // lies along the direction that no column of R has, as it should.
    Mat<double> r = sketch.r / binary_unit(largest_entry(sketch.r));
    const double largest = largest_entry(r);
    for (Index i = 0; i < s; ++i) {
        if (r(i, i) == 0) r(i, i) = kRoundoff * (largest > 0 ? largest : 1.0);
    }
    sketch.left_out = r.transpose().template triangularView<Eigen::Lower>().solve(
        Mat<double>(Mat<double>::Identity(s, s)));
    sketch.left_out.colwise().normalize();
    return sketch;
}

template RangeSketch<float> sketch_range(const Operator<float>&, Index, std::string_view,
                                         const TraceSettings<float>&);
template RangeSketch<double> sketch_range(const Operator<double>&, Index, std::string_view,
                                          const TraceSettings<double>&);

}  // namespace dualtape::curvature
