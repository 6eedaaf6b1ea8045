#include "engine/curvature/dense.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/curvature/length.h"
#include "engine/curvature/normalised_operator.h"

namespace dualtape::curvature {

std::size_t dense_bytes(Index rows) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(rows) * sizeof(double);
}

bool prefers_dense(Index rows, Index lanczos_products, const DenseLimits& limits) {
    if (dense_bytes(rows) > limits.memory) return false;
    return rows <= limits.rows || lanczos_products > rows;
}

template <class Scalar>
DenseMatrix dense_matrix(const Operator<Scalar>& matrix, std::size_t memory_limit) {
    constexpr Index kBlock = 32;
    const Index p = matrix.rows();
    const std::size_t bytes = dense_bytes(p);
    if (bytes > memory_limit) {
        throw std::invalid_argument("dense matrix: " + std::to_string(p) + " rows take " +
                                    std::to_string(bytes >> 20) + " MiB, more than the limit of " +
                                    std::to_string(memory_limit >> 20) +
                                    " MiB; use lanczos for the ends of the spectrum");
    }
    const NormalisedOperator<Scalar> scaled(matrix);
    Mat<double> all(p, p);
    for (Index first = 0; first < p; first += kBlock) {
        const Index count = std::min(kBlock, p - first);
        Mat<Scalar> unit = Mat<Scalar>::Zero(p, count), product(p, count);
        for (Index c = 0; c < count; ++c) unit(first + c, c) = Scalar(1);
        scaled.apply(unit, product);
        all.middleCols(first, count) = product.template cast<double>();
    }
    DenseMatrix result;
    const double norm = length(all);
    double difference = 0;
    for (Index c = 0; c < p; ++c) {
        for (Index r = c + 1; r < p; ++r) {
            difference = std::max(difference, std::abs(all(r, c) - all(c, r)));
            all(r, c) = all(c, r) = 0.5 * (all(r, c) + all(c, r));
        }
    }
    result.asymmetry = norm > 0 ? difference / norm : 0;
    all *= scaled.unit();
    result.matrix = std::move(all);
    return result;
}

SpectrumSummary summarise(const Vec<double>& values, double zero) {
    if (zero < 0 && values.size() > 0) {
        zero = static_cast<double>(values.size()) * std::numeric_limits<double>::epsilon() *
               values.cwiseAbs().maxCoeff();
    }
    SpectrumSummary summary;
    summary.trace = values.sum();
    summary.frobenius = length(values);
    const double ratio = summary.trace / summary.frobenius;
    summary.effective_rank = ratio * ratio;
    for (const double value : values) {
        if (std::abs(value) <= zero) {
            ++summary.zero;
            continue;
        }
        ++(value < 0 ? summary.negative : summary.positive);
        summary.log_det += std::log(std::abs(value));
    }
    return summary;
}

template DenseMatrix dense_matrix(const Operator<float>&, std::size_t);
template DenseMatrix dense_matrix(const Operator<double>&, std::size_t);

}  // namespace dualtape::curvature
