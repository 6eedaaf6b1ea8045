#include "experiments/analyses/probes/concepts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "engine/core/names.h"
#include "engine/kernels/elementary.h"
#include "experiments/lab/require.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

const std::string kPhasePrefix = "fourier_phase_";

void check(const Pairs& pairs) {
    lab::require(pairs.p >= 2,
                 "concept: a modulus of " + std::to_string(pairs.p) + "; it is 2 or more");
    lab::require(pairs.x.size() == pairs.y.size(), "concept: " + std::to_string(pairs.x.size()) +
                                                       " x for " + std::to_string(pairs.y.size()) +
                                                       " y; every pair needs both");
    for (const auto* operand : {&pairs.x, &pairs.y}) {
        for (const std::int32_t value : *operand) {
            lab::require(value >= 0 && value < pairs.p,
                         "concept: operand " + std::to_string(value) + " is outside 0 .. " +
                             std::to_string(pairs.p - 1));
        }
    }
}

using Rule = std::int64_t (*)(std::int64_t x, std::int64_t y, std::int64_t p);

std::int64_t first(std::int64_t x, std::int64_t /*y*/, std::int64_t /*p*/) { return x; }
std::int64_t second(std::int64_t /*x*/, std::int64_t y, std::int64_t /*p*/) { return y; }
std::int64_t sum(std::int64_t x, std::int64_t y, std::int64_t p) { return (x + y) % p; }
std::int64_t whole_sum(std::int64_t x, std::int64_t y, std::int64_t /*p*/) { return x + y; }
std::int64_t difference(std::int64_t x, std::int64_t y, std::int64_t p) { return (x - y + p) % p; }

// A concept with labels: what it looks at, and its label there.
struct LabelRule {
    const char* name;
    Rule variable;
    std::int64_t (*label)(std::int64_t value, std::int64_t p);
};

std::int64_t is_even(std::int64_t value, std::int64_t /*p*/) { return value % 2 == 0; }
std::int64_t is_odd(std::int64_t value, std::int64_t /*p*/) { return value % 2 != 0; }
std::int64_t is_zero(std::int64_t value, std::int64_t /*p*/) { return value == 0; }

constexpr LabelRule kLabelRules[] = {
    {"x_even", first, is_even},
    {"y_even", second, is_even},
    {"sum_even", sum, is_even},
    {"x_equals_y", difference, is_zero},
    {"carry", whole_sum,
     [](std::int64_t value, std::int64_t p) -> std::int64_t { return value >= p; }},
    {"sum_is_zero", sum, is_zero},
    {"x_high", first,
     [](std::int64_t x, std::int64_t p) -> std::int64_t { return x >= (p + 1) / 2; }},
    {"x_even_xor_y_even", whole_sum, is_odd},
    {"x_class", first, [](std::int64_t x, std::int64_t /*p*/) { return x; }},
};

// Null for other words.
const LabelRule* find_rule(const std::string& name) {
    const auto* const rule =
        std::find_if(std::begin(kLabelRules), std::end(kLabelRules),
                     [&](const LabelRule& known) { return name == known.name; });
    return rule == std::end(kLabelRules) ? nullptr : rule;
}

// x, y or (x + y) mod p of every pair.
std::vector<std::int64_t> values_of(const std::string& operand, const Pairs& pairs) {
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < pairs.x.size(); ++i) {
        const std::int64_t x = pairs.x[i], y = pairs.y[i];
        values.push_back(operand == "x" ? x : operand == "y" ? y : (x + y) % pairs.p);
    }
    return values;
}

bool is_operand(const std::string& word) { return word == "x" || word == "y" || word == "sum"; }

// cos and sin of 2 pi frequency value / p; the cosine alone at frequency p / 2.
Mat<double> phase_rows(const std::vector<std::int64_t>& values, std::int64_t frequency,
                       std::int64_t p) {
    const auto n = static_cast<Index>(values.size());
    Vec<double> turns(n), sine(n), cosine(n);
    for (Index i = 0; i < n; ++i) {
        turns[i] = static_cast<double>(frequency * values[static_cast<std::size_t>(i)] % p) /
                   static_cast<double>(p);
    }
    kernels::sin_cos_turns(sine.data(), cosine.data(), turns.data(), n);
    Mat<double> rows(2 * frequency == p ? 1 : 2, n);
    rows.row(0) = cosine.transpose();
    if (rows.rows() == 2) rows.row(1) = sine.transpose();
    return rows;
}

// "sum_12" becomes {"sum", 12}; an empty operand when it has not that form.
std::pair<std::string, std::int64_t> parse_phase(const std::string& word) {
    const std::size_t bar = word.rfind('_');
    if (bar == std::string::npos || !is_operand(word.substr(0, bar))) return {};
    std::int64_t frequency = 0;
    const char* const end = word.data() + word.size();
    const auto [stopped, error] = std::from_chars(word.data() + bar + 1, end, frequency);
    if (error != std::errc() || stopped != end) return {};
    return {word.substr(0, bar), frequency};
}

[[noreturn]] void refuse_name(const std::string& name) {
    const std::string nearest = nearest_name(name, concept_names());
    std::string message = "concept: unknown word \"" + name + "\"";
    if (!nearest.empty()) message += "; did you mean \"" + nearest + "\"?";
    message += " Known:";
    for (const std::string& known : concept_names()) message += " " + known;
    throw std::invalid_argument(message + " (K: a frequency)");
}

}  // namespace

Pairs pairs_of(const pairs::Task& task, std::span<const std::int32_t> samples) {
    lab::require(task.operands == 2, "pairs: task \"" + task.name + "\" has " +
                                         std::to_string(task.operands) +
                                         " operands; concepts are of two");
    Pairs pairs{.p = task.p, .x = {}, .y = {}};
    for (const std::int32_t sample : samples) {
        const auto at = static_cast<std::size_t>(sample);
        pairs.x.push_back(task.tokens.at(2 * at));
        pairs.y.push_back(task.tokens.at(2 * at + 1));
    }
    return pairs;
}

const std::vector<std::string>& concept_names() {
    static const std::vector<std::string> names{"x_even",
                                                "y_even",
                                                "sum_even",
                                                "x_equals_y",
                                                "carry",
                                                "sum_is_zero",
                                                "x_high",
                                                "x_even_xor_y_even",
                                                "x_class",
                                                "fourier_phase_x_K",
                                                "fourier_phase_y_K",
                                                "fourier_phase_sum_K"};
    return names;
}

Concept make_concept(const std::string& name, const Pairs& pairs) {
    check(pairs);
    Concept made;
    made.name = name;
    if (const LabelRule* const rule = find_rule(name)) {
        made.classes = name == "x_class" ? static_cast<Index>(pairs.p) : 2;
        for (const std::int32_t value : concept_variable(name, pairs)) {
            made.labels.push_back(static_cast<std::int32_t>(rule->label(value, pairs.p)));
        }
        return made;
    }
    if (!name.starts_with(kPhasePrefix)) refuse_name(name);
    const auto [operand, frequency] = parse_phase(name.substr(kPhasePrefix.size()));
    if (operand.empty()) refuse_name(name);
    lab::require(frequency >= 1 && frequency <= pairs.p / 2,
                 "concept: \"" + name + "\" has frequency " + std::to_string(frequency) + "; p = " +
                     std::to_string(pairs.p) + " has 1 .. " + std::to_string(pairs.p / 2));
    made.targets = phase_rows(values_of(operand, pairs), frequency, pairs.p);
    return made;
}

std::vector<std::int32_t> concept_variable(const std::string& name, const Pairs& pairs) {
    check(pairs);
    const LabelRule* const rule = find_rule(name);
    if (rule == nullptr) refuse_name(name);
    std::vector<std::int32_t> values;
    for (std::size_t i = 0; i < pairs.x.size(); ++i) {
        values.push_back(
            static_cast<std::int32_t>(rule->variable(pairs.x[i], pairs.y[i], pairs.p)));
    }
    return values;
}

FourierTargets fourier_targets(const std::string& operand, const Pairs& pairs) {
    check(pairs);
    lab::require(is_operand(operand),
                 "fourier targets: unknown operand \"" + operand + "\"; use x, y or sum");
    const std::vector<std::int64_t> values = values_of(operand, pairs);
    FourierTargets result;
    result.targets.resize(static_cast<Index>(pairs.p) - 1, pairs.size());
    Index row = 0;
    for (std::int64_t k = 1; k <= pairs.p / 2; ++k) {
        const Mat<double> rows = phase_rows(values, k, pairs.p);
        result.targets.middleRows(row, rows.rows()) = rows;
        result.frequency.insert(result.frequency.end(), static_cast<std::size_t>(rows.rows()),
                                static_cast<Index>(k));
        row += rows.rows();
    }
    return result;
}

LabelBalance label_balance(std::span<const std::int32_t> labels, Index classes) {
    LabelBalance balance;
    balance.counts.assign(static_cast<std::size_t>(classes), 0);
    for (const std::int32_t label : labels) {
        lab::require(
            label >= 0 && label < classes,
            "labels: " + std::to_string(label) + " is outside 0 .. " + std::to_string(classes - 1));
        ++balance.counts[static_cast<std::size_t>(label)];
    }
    const auto n = static_cast<double>(labels.size());
    Index present = 0;
    for (const Index count : balance.counts) {
        if (count == 0) continue;
        ++present;
        const double share = static_cast<double>(count) / n;
        balance.base_rate = std::max(balance.base_rate, share);
        balance.entropy_bits -= share * std::log2(share);
    }
    balance.has_one_class = present == 1;
    if (labels.empty()) {
        balance.prevalence = balance.base_rate = balance.entropy_bits = statistics::kNan;
        return balance;
    }
    if (classes >= 2) balance.prevalence = static_cast<double>(balance.counts[1]) / n;
    balance.is_rare =
        classes == 2 && std::min(balance.prevalence, 1 - balance.prevalence) < kRarePrevalence;
    return balance;
}

}  // namespace dualtape::analyses
