#include "experiments/report/decisions.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiments/report/run_tables.h"

namespace dualtape::report {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The entry that stands in this relation to all others.
template <class Relation>
std::optional<std::size_t> extreme_of(const std::vector<Estimate>& of, Relation is_beyond) {
    for (std::size_t i = 0; i < of.size() && of.size() > 1; ++i) {
        bool is_it = true;
        for (std::size_t j = 0; j < of.size(); ++j) is_it &= j == i || is_beyond(of[i], of[j]);
        if (is_it) return i;
    }
    return std::nullopt;
}

// From each entry to the next: how many go surely up, and down.
struct Steps {
    explicit Steps(const std::vector<Estimate>& along) {
        for (std::size_t i = 1; i < along.size(); ++i) {
            up += is_surely_above(along[i], along[i - 1]) ? 1 : 0;
            down += is_surely_above(along[i - 1], along[i]) ? 1 : 0;
        }
    }
    std::size_t up = 0, down = 0;
};

// A bound for people: two digits, never below the number.
double rounded_up(double x) {
    const double unit = std::pow(10, std::floor(std::log10(x)) - 1);
    return std::ceil(x / unit - 1e-9) * unit;
}

}  // namespace

bool is_surely_above(const Estimate& a, const Estimate& b) {
    return std::min(a.seeds, b.seeds) >= kSeedsForOrder && a.low > b.high;
}

std::optional<std::size_t> surely_greatest(const std::vector<Estimate>& of) {
    return extreme_of(of, is_surely_above);
}

std::optional<std::size_t> surely_least(const std::vector<Estimate>& of) {
    return extreme_of(of,
                      [](const Estimate& a, const Estimate& b) { return is_surely_above(b, a); });
}

std::string greatest_in_words(const std::vector<Estimate>& scores,
                              const std::vector<std::string>& names, const std::string& place) {
    std::vector<Estimate> measured;
    std::vector<std::string> of;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (std::isnan(scores[i].median)) continue;
        measured.push_back(scores[i]);
        of.push_back(place + " " + names[i]);
    }
    const auto best =
        std::max_element(measured.begin(), measured.end(),
                         [](const Estimate& a, const Estimate& b) { return a.median < b.median; });
    if (best == measured.end()) return "not measured";
    const auto place_of_best = static_cast<std::size_t>(best - measured.begin());
    const std::string value = readable_short(best->median);
    return surely_greatest(measured) == place_of_best
               ? "highest " + of[place_of_best] + " (" + value + ")"
               : "at most " + value + ", " + of[place_of_best];
}

Order order_of(const std::vector<Estimate>& along) {
    const Steps steps(along);
    if (steps.up > 0 && steps.down > 0) return Order::mixed;
    if (judge_rise(along) == Truth::holds) return Order::rises;
    return judge_fall(along) == Truth::holds ? Order::falls : Order::undecided;
}

Truth judge_rise(const std::vector<Estimate>& along) {
    const Steps steps(along);
    if (steps.down > 0) return Truth::fails;
    return steps.up > 0 && steps.up + 1 == along.size() ? Truth::holds : Truth::undecided;
}

Truth judge_fall(const std::vector<Estimate>& along) {
    return judge_rise({along.rbegin(), along.rend()});
}

std::string why_undecided(const std::vector<Estimate>& along) {
    if (along.empty()) return "not measured";
    double least = along[0].seeds;
    for (const Estimate& estimate : along) least = std::min(least, estimate.seeds);
    if (least == 0) return "not measured everywhere";
    if (least == 1) return "one seed";
    return least < kSeedsForOrder ? readable(least) + " seeds" : "the spreads overlap";
}

std::string order_in_words(const std::vector<Estimate>& along, const std::string& over) {
    switch (order_of(along)) {
        case Order::rises:
            return "rises with " + over;
        case Order::falls:
            return "falls with " + over;
        case Order::mixed:
            return "has no order in " + over;
        case Order::undecided:
            break;
    }
    return "has no decided order in " + over + " (" + why_undecided(along) + ")";
}

Change change_of(const std::vector<double>& from, const std::vector<double>& to) {
    const std::size_t seeds = std::min(from.size(), to.size());
    std::size_t up = 0, down = 0;
    for (std::size_t i = 0; i < seeds; ++i) {
        if (std::isnan(from[i]) || std::isnan(to[i])) return Change::unknown;
        // For positive values to / from >= f exactly where f (to - from) >= (f - 1) to.
        const double larger = std::max(std::abs(from[i]), std::abs(to[i]));
        const bool is_clear = to[i] != from[i] && kClearFactor * std::abs(to[i] - from[i]) >=
                                                      (kClearFactor - 1) * larger;
        up += is_clear && to[i] > from[i] ? 1 : 0;
        down += is_clear && to[i] < from[i] ? 1 : 0;
    }
    if (seeds == 0) return Change::unknown;
    if (up == seeds) return Change::rises;
    if (down == seeds) return Change::falls;
    return up + down == 0 ? Change::stays : Change::mixed;
}

std::optional<FirstSeen> first_reaching(const std::vector<double>& steps,
                                        const std::vector<double>& values, double level) {
    for (std::size_t i = 0; i < std::min(steps.size(), values.size()); ++i) {
        if (values[i] >= level) return FirstSeen{i == 0 ? kNan : steps[i - 1], steps[i]};
    }
    return std::nullopt;
}

std::optional<FirstSeen> seen_at(const std::vector<double>& steps, double step) {
    const auto place = std::find(steps.begin(), steps.end(), step);
    if (place == steps.end()) return std::nullopt;
    return FirstSeen{place == steps.begin() ? kNan : *(place - 1), step};
}

std::string in_words(const FirstSeen& event) {
    if (std::isnan(event.before)) {
        return "at step " + readable(event.step) + " already, the first one looked at";
    }
    return "between steps " + readable(event.before) + " and " + readable(event.step);
}

Delay delay_of(const FirstSeen& memorised, const FirstSeen& generalised) {
    if (generalised.before >= kDelayFactor * memorised.step && memorised.step > 0) {
        return Delay::follows;
    }
    const double last = std::fmax(memorised.step, kDelayFactor * memorised.before);  // NaN: step
    return generalised.step <= last ? Delay::together : Delay::undecided;
}

Settling settling_of(const std::vector<double>& overlaps, std::size_t visits) {
    if (visits < kSettledVisits) return Settling::unknown;
    double least = 1;
    for (std::size_t i = visits - kSettledVisits; i < visits; ++i) {
        for (std::size_t j = visits - kSettledVisits; j < i; ++j) {
            const double overlap = overlaps[i * visits + j];
            if (std::isnan(overlap)) return Settling::unknown;
            least = std::min(least, overlap);
        }
    }
    return least >= kSettledOverlap ? Settling::settled : Settling::turning;
}

Agreement agreement_of(double least_mean_cosine) {
    if (std::isnan(least_mean_cosine)) return Agreement::unknown;
    if (least_mean_cosine >= kPhasesAgree) return Agreement::agree;
    return least_mean_cosine >= kPhasesAgreeInPart ? Agreement::in_part : Agreement::none;
}

Carried carried_by_keys(const KeyLosses& losses) {
    const double sum = losses.train + losses.excluded + losses.all + losses.restricted;
    if (std::isnan(sum)) return Carried::unknown;
    if (losses.excluded >= 10 * losses.train && losses.restricted < 2 * losses.all) {
        return Carried::all;
    }
    return losses.excluded > 2 * losses.train ? Carried::part : Carried::none;
}

std::string p_value_in_words(double p, double permutations) {
    const std::string value = p_value_in_table(p, permutations);
    if (std::isnan(p)) return value;
    return (value.starts_with("≤") ? "p " : "p = ") + value;
}

std::string p_value_in_table(double p, double permutations) {
    // p is a multiple of the least one: the observed order counts as one of the permutations.
    const double least = 1 / (permutations + 1);
    return p < 1.5 * least ? "≤ " + readable(rounded_up(least)) : readable(p);
}

}  // namespace dualtape::report
