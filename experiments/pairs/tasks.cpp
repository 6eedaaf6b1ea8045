#include "experiments/pairs/tasks.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "engine/core/names.h"
#include "engine/kernels/random.h"

namespace dualtape::pairs {

namespace {

using Permutation = std::array<int, 5>;

std::int64_t modulo(std::int64_t a, std::int64_t p) { return (a % p + p) % p; }

std::int64_t power_modulo(std::int64_t base, int exponent, std::int64_t p) {
    std::int64_t result = modulo(1, p);
    for (int i = 0; i < exponent; ++i) result = modulo(result * base, p);
    return result;
}

void require(bool holds, const std::string& message) {
    if (!holds) throw std::invalid_argument(message);
}

// Appends (a, b); groups number the unordered pairs by their smaller then larger operand.
void add_pair(Task& task, std::int64_t a, std::int64_t b, std::int64_t label) {
    task.tokens.push_back(static_cast<std::int32_t>(a));
    task.tokens.push_back(static_cast<std::int32_t>(b));
    task.labels.push_back(static_cast<std::int32_t>(label));
    task.groups.push_back(
        static_cast<std::int32_t>(std::min(a, b) * task.vocabulary + std::max(a, b)));
}

// Every pair (a, b) with `is_legal`, labelled by `label`.
Task pair_task(const TaskSettings& settings, Index classes,
               const std::function<std::int64_t(std::int64_t, std::int64_t)>& label,
               const std::function<bool(std::int64_t, std::int64_t)>& is_legal) {
    Task task;
    task.name = settings.operation;
    task.p = settings.p;
    task.vocabulary = settings.p;
    task.classes = classes;
    for (std::int64_t a = 0; a < settings.p; ++a) {
        for (std::int64_t b = 0; b < settings.p; ++b) {
            if (is_legal(a, b)) add_pair(task, a, b, label(a, b));
        }
    }
    return task;
}

std::vector<Monomial> polynomial_of(const TaskSettings& settings) {
    const std::string& name = settings.operation;
    if (name == "x2_y2") return {{1, 2, 0}, {1, 0, 2}};
    if (name == "x2_xy_y2") return {{1, 2, 0}, {1, 1, 1}, {1, 0, 2}};
    if (name == "x2_xy_y2_x") return {{1, 2, 0}, {1, 1, 1}, {1, 0, 2}, {1, 1, 0}};
    if (name == "x3_xy") return {{1, 3, 0}, {1, 1, 1}};
    if (name == "x3_xy2_y") return {{1, 3, 0}, {1, 1, 2}, {1, 0, 1}};
    return settings.monomials;
}

Task polynomial_task(const TaskSettings& settings) {
    const std::vector<Monomial> monomials = polynomial_of(settings);
    require(!monomials.empty(), "monomials: a polynomial needs at least one; give coefficients");
    for (const Monomial& m : monomials) {
        require(m.x_power >= 0 && m.y_power >= 0, "monomials: a power is negative; use 0 or more");
    }
    const std::int64_t p = settings.p;
    const auto value = [=](std::int64_t x, std::int64_t y) {
        std::int64_t sum = 0;
        for (const Monomial& m : monomials) {
            const std::int64_t powers =
                modulo(power_modulo(x, m.x_power, p) * power_modulo(y, m.y_power, p), p);
            sum = modulo(sum + modulo(m.coefficient, p) * powers, p);
        }
        return sum;
    };
    return pair_task(settings, p, value, [](std::int64_t, std::int64_t) { return true; });
}

Task random_table(const TaskSettings& settings) {
    const std::int64_t p = settings.p;
    std::vector<std::int64_t> table(static_cast<std::size_t>(p * p));
    kernels::Stream stream(settings.seed, "data");
    for (std::int64_t a = 0; a < p; ++a) {
        for (std::int64_t b = 0; b < p; ++b) {
            const auto at = static_cast<std::size_t>(a * p + b);
            const auto mirrored = static_cast<std::size_t>(b * p + a);
            const bool repeats = settings.is_symmetric && b < a;
            table[at] =
                repeats ? table[mirrored]
                        : static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(p)));
        }
    }
    return pair_task(
        settings, p,
        [&](std::int64_t a, std::int64_t b) { return table[static_cast<std::size_t>(a * p + b)]; },
        [](std::int64_t, std::int64_t) { return true; });
}

// Tokens number the permutations of five elements in lexicographic order; (a b)(i) = a[b[i]].
Task symmetric_group(const TaskSettings& settings) {
    std::vector<Permutation> elements;
    Permutation element = {0, 1, 2, 3, 4};
    do {
        elements.push_back(element);
    } while (std::next_permutation(element.begin(), element.end()));
    const auto compose = [](const Permutation& a, const Permutation& b) {
        Permutation c{};
        for (std::size_t i = 0; i < 5; ++i) c[i] = a[static_cast<std::size_t>(b[i])];
        return c;
    };
    const auto inverse = [](const Permutation& a) {
        Permutation c{};
        for (std::size_t i = 0; i < 5; ++i) c[static_cast<std::size_t>(a[i])] = static_cast<int>(i);
        return c;
    };
    const auto token = [&](const Permutation& a) {
        return static_cast<std::int64_t>(std::lower_bound(elements.begin(), elements.end(), a) -
                                         elements.begin());
    };
    TaskSettings group = settings;
    group.p = static_cast<std::int64_t>(elements.size());
    return pair_task(
        group, group.p,
        [&](std::int64_t i, std::int64_t j) {
            const Permutation& a = elements[static_cast<std::size_t>(i)];
            const Permutation& b = elements[static_cast<std::size_t>(j)];
            if (settings.operation == "s5") return token(compose(a, b));
            return token(compose(compose(a, b), settings.operation == "s5_aba" ? a : inverse(a)));
        },
        [](std::int64_t, std::int64_t) { return true; });
}

Task sparse_parity(const TaskSettings& settings) {
    require(settings.parity_bits >= 1 && settings.noise_bits >= 0 && settings.samples >= 1,
            "parity_bits, noise_bits, samples: must be at least 1, 0 and 1");
    Task task;
    task.name = settings.operation;
    task.p = 2;
    task.operands = settings.parity_bits + settings.noise_bits;
    task.vocabulary = task.classes = 2;
    kernels::Stream stream(settings.seed, "data");
    std::vector<Index> order = stream.permutation(task.operands);
    order.resize(static_cast<std::size_t>(settings.parity_bits));
    for (std::int64_t s = 0; s < settings.samples; ++s) {
        const std::size_t first = task.tokens.size();
        for (Index i = 0; i < task.operands; ++i) {
            task.tokens.push_back(static_cast<std::int32_t>(stream.below(2)));
        }
        std::int32_t parity = 0;
        for (const Index bit : order) parity ^= task.tokens[first + static_cast<std::size_t>(bit)];
        task.labels.push_back(parity);
        task.groups.push_back(static_cast<std::int32_t>(s));
    }
    return task;
}

}  // namespace

const std::vector<std::string>& task_names() {
    static const std::vector<std::string> names = {
        "add",         "sub",   "mul",      "div",        "x2_y2",        "x2_xy_y2",
        "x2_xy_y2_x",  "x3_xy", "x3_xy2_y", "polynomial", "mix",          "random_table",
        "binary_zero", "s5",    "s5_conj",  "s5_aba",     "sparse_parity"};
    return names;
}

bool is_prime(std::int64_t n) {
    if (n < 2) return false;
    for (std::int64_t d = 2; d * d <= n; ++d) {
        if (n % d == 0) return false;
    }
    return true;
}

std::int64_t inverse_modulo(std::int64_t a, std::int64_t p) {
    std::int64_t r = p, next_r = modulo(a, p), t = 0, next_t = 1;
    while (next_r != 0) {
        const std::int64_t quotient = r / next_r;
        r = std::exchange(next_r, r - quotient * next_r);
        t = std::exchange(next_t, t - quotient * next_t);
    }
    return r == 1 ? modulo(t, p) : 0;
}

Task make_task(const TaskSettings& settings) {
    const std::string& name = settings.operation;
    const std::vector<std::string>& names = task_names();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        const std::string nearest = nearest_name(name, names, 3);
        throw std::invalid_argument(
            "operation: \"" + name + "\" is unknown; " +
            (nearest.empty() ? "use add" : "did you mean " + nearest + "?"));
    }
    const bool has_modulus = name.rfind("s5", 0) != 0 && name != "sparse_parity";
    const std::int64_t p = settings.p;
    require(!has_modulus || p >= 2, "p: " + std::to_string(p) + " is not a modulus; use 2 or more");
    require(!has_modulus || p <= 30000,
            "p: " + std::to_string(p) + " gives too many pairs; use 30000 or less");
    const auto always = [](std::int64_t, std::int64_t) { return true; };
    Task task;
    if (name == "add" || name == "sub" || name == "mul" || name == "binary_zero") {
        const auto label = [&](std::int64_t a, std::int64_t b) -> std::int64_t {
            if (name == "binary_zero") return (a + b) % p == 0 ? 1 : 0;
            return modulo(name == "add" ? a + b : name == "sub" ? a - b : a * b, p);
        };
        task = pair_task(settings, name == "binary_zero" ? 2 : p, label, always);
    } else if (name == "div") {
        task = pair_task(
            settings, p,
            [&](std::int64_t a, std::int64_t b) { return modulo(a * inverse_modulo(b, p), p); },
            [&](std::int64_t, std::int64_t b) { return std::gcd(b, p) == 1; });
    } else if (name == "mix") {
        require(is_prime(p), "p: " + std::to_string(p) +
                                 " is composite and mix divides by every odd b; use a prime");
        task = pair_task(
            settings, p,
            [&](std::int64_t a, std::int64_t b) {
                return b % 2 == 1 ? modulo(a * inverse_modulo(b, p), p) : modulo(a - b, p);
            },
            always);
    } else if (name == "random_table") {
        task = random_table(settings);
    } else if (name.rfind("s5", 0) == 0) {
        task = symmetric_group(settings);
    } else if (name == "sparse_parity") {
        task = sparse_parity(settings);
    } else {
        task = polynomial_task(settings);
    }
    task.true_labels = task.labels;
    return task;
}

std::vector<std::int32_t> add_label_noise(Task& task, const std::vector<std::int32_t>& train,
                                          double rate, std::uint64_t seed) {
    require(rate >= 0 && rate <= 1,
            "label_noise: " + std::to_string(rate) + " is not a share of the labels; use 0 to 1");
    const auto count = static_cast<std::size_t>(rate * static_cast<double>(train.size()));
    require(count == 0 || task.classes > 1, "label_noise: there is no wrong class to draw");
    kernels::Stream stream(seed, "noise");
    std::vector<std::int32_t> noisy = train;
    stream.shuffle(std::span(noisy));
    noisy.resize(count);
    std::sort(noisy.begin(), noisy.end());
    for (const std::int32_t sample : noisy) {
        const auto at = static_cast<std::size_t>(sample);
        const auto shift = 1 + stream.below(static_cast<std::uint64_t>(task.classes - 1));
        task.labels[at] =
            static_cast<std::int32_t>((static_cast<std::uint64_t>(task.true_labels[at]) + shift) %
                                      static_cast<std::uint64_t>(task.classes));
    }
    return noisy;
}

}  // namespace dualtape::pairs
