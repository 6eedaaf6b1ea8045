#include "experiments/analyses/probes/scores.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/kernels/elementary.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

void check_sizes(Index values, std::size_t labels) {
    if (static_cast<std::size_t>(values) != labels) {
        throw std::invalid_argument("scores: " + std::to_string(values) + " predictions for " +
                                    std::to_string(labels) + " labels; every sample needs both");
    }
}

// Samples with one value, from the largest value down.
struct Tie {
    double value;
    double positives = 0, negatives = 0;
};
std::vector<Tie> ties_of(In<Vec<double>> values, std::span<const std::int32_t> labels) {
    std::vector<Index> order(labels.size());
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return values[a] > values[b]; });
    std::vector<Tie> ties;
    for (const Index i : order) {
        if (ties.empty() || ties.back().value != values[i]) ties.push_back({.value = values[i]});
        const bool is_positive = labels[static_cast<std::size_t>(i)] == 1;
        ++(is_positive ? ties.back().positives : ties.back().negatives);
    }
    return ties;
}

}  // namespace

double accuracy(std::span<const std::int32_t> predicted, std::span<const std::int32_t> labels) {
    check_sizes(static_cast<Index>(predicted.size()), labels.size());
    if (labels.empty()) return statistics::kNan;
    Index right = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) right += predicted[i] == labels[i] ? 1 : 0;
    return static_cast<double>(right) / static_cast<double>(labels.size());
}

double balanced_accuracy(std::span<const std::int32_t> predicted,
                         std::span<const std::int32_t> labels) {
    check_sizes(static_cast<Index>(predicted.size()), labels.size());
    struct Class {
        double right = 0, size = 0;
    };
    std::map<std::int32_t, Class> classes;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        Class& of = classes[labels[i]];
        ++of.size;
        of.right += predicted[i] == labels[i] ? 1 : 0;
    }
    double sum = 0;
    for (const auto& [label, of] : classes) sum += of.right / of.size;
    return classes.empty() ? statistics::kNan : sum / static_cast<double>(classes.size());
}

double roc_auc(In<Vec<double>> values, std::span<const std::int32_t> labels) {
    check_sizes(values.size(), labels.size());
    if (values.hasNaN()) return statistics::kNan;
    // Pairs that a tie of values wins, seen from the largest value down: its positives beat all
    // negatives that are still to come, and half of its own.
    double positives = 0, negatives = 0, lost = 0;
    for (const Tie& tie : ties_of(values, labels)) {
        lost += tie.positives * (negatives + tie.negatives / 2);
        positives += tie.positives;
        negatives += tie.negatives;
    }
    return positives > 0 && negatives > 0 ? 1 - lost / (positives * negatives) : statistics::kNan;
}

double average_precision(In<Vec<double>> values, std::span<const std::int32_t> labels) {
    check_sizes(values.size(), labels.size());
    if (values.hasNaN()) return statistics::kNan;
    double positives = 0, answered = 0, sum = 0;
    for (const Tie& tie : ties_of(values, labels)) {
        positives += tie.positives;
        answered += tie.positives + tie.negatives;
        sum += tie.positives * (positives / answered);
    }
    return positives > 0 ? sum / positives : statistics::kNan;
}

double matthews_correlation(std::span<const std::int32_t> predicted,
                            std::span<const std::int32_t> labels) {
    check_sizes(static_cast<Index>(predicted.size()), labels.size());
    double count[2][2] = {};  // [answered 1][is 1]
    for (std::size_t i = 0; i < labels.size(); ++i) {
        ++count[predicted[i] == 1 ? 1 : 0][labels[i] == 1 ? 1 : 0];
    }
    const double tp = count[1][1], tn = count[0][0], fp = count[1][0], fn = count[0][1];
    const double factors = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
    return factors > 0 ? (tp * tn - fp * fn) / std::sqrt(factors) : 0;
}

double log_loss_bits(In<Vec<double>> log_odds, std::span<const std::int32_t> labels) {
    check_sizes(log_odds.size(), labels.size());
    if (labels.empty()) return statistics::kNan;
    // -log p = log(1 + exp(-m)) = max(-m, 0) + log(1 + exp(-|m|)), m the log-odds of the label.
    double sum = 0;
    for (Index i = 0; i < log_odds.size(); ++i) {
        const double m = labels[static_cast<std::size_t>(i)] == 1 ? log_odds[i] : -log_odds[i];
        sum += std::max(-m, 0.0) + kernels::log1p(kernels::exp(-std::abs(m)));
    }
    return sum / static_cast<double>(labels.size()) / std::numbers::ln2;
}

Scores score_binary(In<Vec<double>> log_odds, std::span<const std::int32_t> labels,
                    double base_rate) {
    check_sizes(log_odds.size(), labels.size());
    std::vector<std::int32_t> predicted;
    for (const double value : log_odds) predicted.push_back(value > 0 ? 1 : 0);
    const double constant = std::log(base_rate) - std::log1p(-base_rate);
    Scores scores;
    scores.accuracy = accuracy(predicted, labels);
    scores.balanced_accuracy = balanced_accuracy(predicted, labels);
    scores.roc_auc = roc_auc(log_odds, labels);
    scores.average_precision = average_precision(log_odds, labels);
    scores.matthews = matthews_correlation(predicted, labels);
    scores.bits_gained = log_loss_bits(Vec<double>::Constant(log_odds.size(), constant), labels) -
                         log_loss_bits(log_odds, labels);
    return scores;
}

}  // namespace dualtape::analyses
