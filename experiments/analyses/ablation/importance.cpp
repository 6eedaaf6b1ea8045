#include "experiments/analyses/ablation/importance.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "engine/core/indexing.h"
#include "engine/kernels/random.h"

namespace dualtape::analyses {

namespace {

std::string shape(const Mat<double>& matrix) {
    return std::to_string(matrix.rows()) + "x" + std::to_string(matrix.cols());
}

}  // namespace

Importance measure_importance(const Mat<double>& hidden, const Mat<double>& weight,
                              const Mat<double>& adjoints) {
    if (hidden.cols() == 0) {
        throw std::invalid_argument("importance: activations of " + shape(hidden) +
                                    " have no samples; give all pairs");
    }
    if (weight.cols() != hidden.rows()) {
        throw std::invalid_argument("importance: a readout of " + shape(weight) +
                                    " does not read activations of " + shape(hidden) +
                                    "; give the layer that it reads");
    }
    const bool has_adjoints = adjoints.size() > 0;
    if (has_adjoints && (adjoints.rows() != hidden.rows() || adjoints.cols() != hidden.cols())) {
        throw std::invalid_argument("importance: adjoints of " + shape(adjoints) +
                                    " for activations of " + shape(hidden) +
                                    "; they must have the same shape");
    }
    Importance importance;
    const Vec<double> means = hidden.rowwise().mean();
    importance.mean_magnitude = hidden.cwiseAbs().rowwise().mean();
    importance.variance = (hidden.colwise() - means).cwiseAbs2().rowwise().mean();
    importance.logit_effect = importance.variance.cwiseSqrt().cwiseProduct(
        Vec<double>(weight.colwise().norm().transpose()));
    if (has_adjoints) {
        const Mat<double> products = hidden.cwiseProduct(adjoints);
        importance.attribution = products.rowwise().mean();
        importance.attribution_magnitude = products.cwiseAbs().rowwise().mean();
    }
    return importance;
}

std::vector<std::int32_t> importance_sample(Index columns, Index count, std::uint64_t seed) {
    if (columns < 1 || count < 0) {
        throw std::invalid_argument("importance: " + std::to_string(count) + " draws from " +
                                    std::to_string(columns) + " columns; there must be some");
    }
    kernels::Stream stream(seed, "importance");
    std::vector<std::int32_t> drawn;
    for (Index i = 0; i < count; ++i) {
        drawn.push_back(
            static_cast<std::int32_t>(stream.below(static_cast<std::uint64_t>(columns))));
    }
    return drawn;
}

std::vector<Index> ranking(const Vec<double>& values) {
    if (values.hasNaN()) {
        throw std::invalid_argument("ranking: a value is NaN; rank finite values");
    }
    std::vector<Index> order(at(values.size()));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](Index a, Index b) { return values(a) > values(b); });
    return order;
}

double share_above_mean(const Vec<double>& values, double factor) {
    if (values.size() == 0) return 0;
    const double limit = factor * values.mean();
    const Index above = (values.array() > limit).count();
    return static_cast<double>(above) / static_cast<double>(values.size());
}

}  // namespace dualtape::analyses
