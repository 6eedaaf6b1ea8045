#pragma once
// Scores of predictions against labels.

#include <cstdint>
#include <limits>
#include <span>

#include "engine/core/types.h"

namespace dualtape::analyses {

// Share of equal entries. NaN for none.
double accuracy(std::span<const std::int32_t> predicted, std::span<const std::int32_t> labels);

// Mean over the classes that have labels of the share of theirs that is predicted right. A constant
// prediction scores 1 / classes, whatever the prevalence. NaN for no labels.
// Source: Brodersen et al. 2010.
double balanced_accuracy(std::span<const std::int32_t> predicted,
                         std::span<const std::int32_t> labels);

// The following are for two classes: a label is 1 or not, a value is larger where 1 is more likely.
// All throw std::invalid_argument when the sizes differ.

// Probability that a random positive has a larger value than a random negative, equal values
// counting half: (sum of the positives' mid-ranks - n1 (n1 + 1) / 2) / (n0 n1). NaN when a class
// has no labels or a value is NaN. Cost: a sort. Source: Hanley & McNeil 1982; ties, Mann & Whitney
// 1947.
double roc_auc(In<Vec<double>> values, std::span<const std::int32_t> labels);

// sum_t (R_t - R_(t-1)) P_t over falling thresholds t, one per distinct value; P precision, R
// recall. No interpolation. Values without information score the prevalence, on average over large
// samples; one that is constant, exactly. NaN without positives or if a value is NaN.
double average_precision(In<Vec<double>> values, std::span<const std::int32_t> labels);

// Correlation of two binary variables, (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)); 0 when
// a factor is 0. Source: Matthews 1975.
double matthews_correlation(std::span<const std::int32_t> predicted,
                            std::span<const std::int32_t> labels);

// Mean of -log2 of the probability given to the label; log_odds are log(p / (1 - p)) of label 1, so
// that none is so extreme as to round to 0 or 1. NaN for no labels.
double log_loss_bits(In<Vec<double>> log_odds, std::span<const std::int32_t> labels);

struct Scores {
    double accuracy = 0;  // answering 1 where the log-odds are above 0
    double balanced_accuracy = 0;
    double roc_auc = 0;
    double average_precision = 0;
    double matthews = 0;
    // What the probe knows beyond the prevalence: log-loss of always predicting base_rate, less
    // that of the probe, in bits per sample. Below 0: worse than knowing nothing.
    double bits_gained = 0;
};
// base_rate: the prevalence as known without the scored labels, that of the training folds; with 0
// or 1, bits_gained is infinite where the other label occurs.
Scores score_binary(In<Vec<double>> log_odds, std::span<const std::int32_t> labels,
                    double base_rate);

// The members of Scores, for loops over them, and the values that they can have.
struct ScoreKind {
    const char* name;
    double Scores::*member;
    double least = 0, most = 1;
};
inline constexpr ScoreKind kScoreKinds[] = {
    {"accuracy", &Scores::accuracy},
    {"balanced_accuracy", &Scores::balanced_accuracy},
    {"roc_auc", &Scores::roc_auc},
    {"average_precision", &Scores::average_precision},
    {"matthews", &Scores::matthews, -1},
    {"bits_gained", &Scores::bits_gained, -std::numeric_limits<double>::infinity(),
     std::numeric_limits<double>::infinity()},
};

}  // namespace dualtape::analyses
