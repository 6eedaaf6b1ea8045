#pragma once
// Algorithmic tasks: every operation the experiments learn, as one table of samples each.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/types.h"

namespace dualtape::pairs {

// All samples of a task, in lexicographic order of the operands: sample a * p + b is (a, b).
struct Task {
    std::string name;
    std::int64_t p = 0;                     // modulus; 120 for S5
    Index operands = 2;                     // tokens per sample
    Index vocabulary = 0;                   // tokens are in [0, vocabulary)
    Index classes = 0;                      // labels are in [0, classes)
    std::vector<std::int32_t> tokens;       // operands x N, sample after sample
    std::vector<std::int32_t> labels;       // N, what the network is trained on
    std::vector<std::int32_t> true_labels;  // N, before label noise
    std::vector<std::int32_t> groups;       // N, the orbit {(a, b), (b, a)} of every sample

    Index size() const { return static_cast<Index>(labels.size()); }
};

// One monomial c x^i y^j of a polynomial.
struct Monomial {
    std::int64_t coefficient = 1;
    int x_power = 0, y_power = 0;
};

struct TaskSettings {
    std::string operation = "add";      // a name of task_names()
    std::int64_t p = 97;                // modulus, at least 2; ignored by the s5 tasks
    std::uint64_t seed = 0;             // of random_table and sparse_parity
    bool is_symmetric = false;          // random_table: the same label for (a, b) and (b, a)
    std::vector<Monomial> monomials{};  // of the operation "polynomial"
    std::int64_t parity_bits = 3;       // sparse_parity: bits that count ...
    std::int64_t noise_bits = 40;       // ... and bits that do not
    std::int64_t samples = 2000;        // sparse_parity
};

// add, sub, mul: a + b, a - b, a b mod p.
// div: a / b mod p for units b (every b but 0 when p is prime).
// x2_y2, x2_xy_y2, x2_xy_y2_x, x3_xy, x3_xy2_y: polynomials mod p; polynomial: any other.
// mix: a / b if b is odd, else a - b; p prime.
// random_table: independent uniform labels; cannot generalise.
// binary_zero: 1 if a + b = 0 mod p, else 0.
// s5, s5_conj, s5_aba: a b, a b a^-1, a b a in the symmetric group of five elements.
// sparse_parity: XOR of parity_bits chosen of all bits; token 0 or 1 per bit.
const std::vector<std::string>& task_names();

// Throws std::invalid_argument naming the setting, its value and the remedy: an unknown operation,
// p < 2, p composite where an inverse is needed.
Task make_task(const TaskSettings& settings);

bool is_prime(std::int64_t n);
// The inverse of a modulo p by the extended Euclid algorithm; 0 when a is not a unit.
std::int64_t inverse_modulo(std::int64_t a, std::int64_t p);

// Gives floor(rate * n) of the samples listed in `train` a uniformly drawn wrong label; returns
// them in increasing order. Stream "noise". Throws std::invalid_argument unless 0 <= rate <= 1.
std::vector<std::int32_t> add_label_noise(Task& task, const std::vector<std::int32_t>& train,
                                          double rate, std::uint64_t seed);

}  // namespace dualtape::pairs
