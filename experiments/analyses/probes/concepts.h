#pragma once
// Concepts: what a probe is asked to read from the network's state on a pair (x, y) modulo p.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/types.h"
#include "experiments/pairs/tasks.h"

namespace dualtape::analyses {

// Samples whose activations are probed, in the order of the activations' columns.
struct Pairs {
    std::int64_t p = 0;
    std::vector<std::int32_t> x, y;  // N each, in [0, p)

    Index size() const { return static_cast<Index>(x.size()); }
};

// The samples listed, in that order. Throws std::invalid_argument unless the task has two operands.
Pairs pairs_of(const pairs::Task& task, std::span<const std::int32_t> samples);

// A class per pair, or for a regression real targets per pair; never both.
struct Concept {
    std::string name;
    Index classes = 0;                 // 2; p for x_class; 0 for a regression
    std::vector<std::int32_t> labels;  // N, in [0, classes); empty for a regression
    Mat<double> targets;               // K x N of a regression; else empty

    bool is_regression() const { return classes == 0; }
};

// The words, in the order of the list below; K stands for a frequency.
//   x_even, y_even       1 if the operand is even
//   sum_even             1 if (x + y) mod p is even
//   x_equals_y           1 on the diagonal: prevalence 1 / p
//   carry                1 if x + y >= p
//   sum_is_zero          1 if x + y = 0 mod p
//   x_high               1 if x >= ceil(p / 2)
//   x_even_xor_y_even    1 if exactly one operand is even: x + y, before reduction, is odd
//   x_class              x itself: p classes (class_probe.h)
//   fourier_phase_x_K    regression on cos and sin of 2 pi K x / p, K in 1 .. floor(p / 2); cos
//   fourier_phase_y_K    alone where K = p / 2, as the sine is 0 there
//   fourier_phase_sum_K  the same of x + y
const std::vector<std::string>& concept_names();

// Throws std::invalid_argument naming the word and the nearest known one, a frequency outside its
// range, or an operand outside [0, p).
Concept make_concept(const std::string& name, const Pairs& pairs);

// What a concept with labels is a function of, for every pair: x, y, (x + y) mod p, (x - y) mod p
// of x_equals_y, or x + y of carry and x_even_xor_y_even. Random labels of its values are a control
// task as simple as the concept (run_control_task). Throws as make_concept, and for a regression.
std::vector<std::int32_t> concept_variable(const std::string& name, const Pairs& pairs);

// Every frequency at once, for ridge_probe.h: rows cos_1, sin_1, cos_2, sin_2, ... of the operand
// "x", "y" or "sum"; an even p ends with a cosine alone.
struct FourierTargets {
    Mat<double> targets;           // (p - 1) x N
    std::vector<Index> frequency;  // p - 1: that of each row
};
// Throws std::invalid_argument for another operand, or one outside [0, p).
FourierTargets fourier_targets(const std::string& operand, const Pairs& pairs);

// Below this prevalence accuracy says nothing: a probe that always answers no scores 95 %.
inline constexpr double kRarePrevalence = 0.05;

struct LabelBalance {
    std::vector<Index> counts;  // of each class
    double prevalence = 0;      // share of label 1
    double base_rate = 0;       // share of the commonest class: accuracy of a constant answer
    double entropy_bits = 0;    // log-loss, in bits, of predicting the shares
    bool has_one_class = false;
    bool is_rare = false;  // two classes, and the rarer below kRarePrevalence
};
// Shares are NaN for no labels. Throws std::invalid_argument for a label outside [0, classes).
LabelBalance label_balance(std::span<const std::int32_t> labels, Index classes = 2);

}  // namespace dualtape::analyses
