#include "experiments/study/classification.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "engine/kernels/elementary.h"

namespace dualtape::study {

template <class Scalar>
Classification classify(In<Mat<Scalar>> logits, std::span<const std::int32_t> labels) {
    if (logits.cols() != static_cast<Index>(labels.size()) || labels.empty()) {
        throw std::invalid_argument("classify: " + std::to_string(labels.size()) + " labels for " +
                                    std::to_string(logits.cols()) +
                                    " columns of logits; there must be one each, and some");
    }
    double loss = 0;
    Index correct = 0;
    Vec<double> column(logits.rows());
    for (Index c = 0; c < logits.cols(); ++c) {
        const Index label = labels[static_cast<std::size_t>(c)];
        column = logits.col(c).template cast<double>();
        if (!column.allFinite()) {
            loss = std::numeric_limits<double>::quiet_NaN();
            continue;
        }
        Index largest = 0;
        const double top = column.maxCoeff(&largest);
        correct += largest == label ? 1 : 0;
        const double margin = column(label) - top;
        column.array() -= top;
        kernels::exp(column.data(), column.data(), column.size());
        loss += kernels::log(column.sum()) - margin;
    }
    const auto count = static_cast<double>(logits.cols());
    return {loss / count, static_cast<double>(correct) / count};
}

template Classification classify<float>(In<Mat<float>>, std::span<const std::int32_t>);
template Classification classify<double>(In<Mat<double>>, std::span<const std::int32_t>);

}  // namespace dualtape::study
