#pragma once
// What titles, sentences and verdicts may say of measured numbers: every rule once, with its
// threshold. What a rule does not decide is not said, or said to be undecided.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "experiments/report/estimates.h"

namespace dualtape::report {

// Orders: of a quantity over depths, widths or layers, each with its interval or range over seeds.

// Fewer seeds decide no order: the ranges of two seeds each lie apart in a third of all draws from
// one distribution, those of three in a tenth.
inline constexpr double kSeedsForOrder = 3;

// True when both have enough seeds and the interval of `a` lies above that of `b`; false for NaN.
bool is_surely_above(const Estimate& a, const Estimate& b);
// The entry that is surely above, or surely below, all others; none for fewer than two.
std::optional<std::size_t> surely_greatest(const std::vector<Estimate>& of);
std::optional<std::size_t> surely_least(const std::vector<Estimate>& of);

// "highest at input (0.98)", where it is surely greatest; else "at most 0.98, at input". names: of
// the entries; place: "at". An entry without a score is NaN; "not measured": all are.
std::string greatest_in_words(const std::vector<Estimate>& scores,
                              const std::vector<std::string>& names, const std::string& place);

enum class Order { rises, falls, mixed, undecided };
// rises, falls: surely from each entry to the next; mixed: surely up at one place and down at
// another; undecided: anything else, as one seed, overlapping intervals or fewer than two entries.
Order order_of(const std::vector<Estimate>& along);
// Of the claim that it rises (falls): holds as above; fails with one step that surely goes the
// other way.
enum class Truth { holds, fails, undecided };
Truth judge_rise(const std::vector<Estimate>& along);
Truth judge_fall(const std::vector<Estimate>& along);
// "one seed", "2 seeds", "the spreads overlap": why an order is not decided.
std::string why_undecided(const std::vector<Estimate>& along);
// "rises with depth", "falls with depth", "has no order in depth", "has no decided order in depth
// (one seed)".
std::string order_in_words(const std::vector<Estimate>& along, const std::string& over);

// Changes: of one quantity from one step of a training to another, seed by seed.

// A value has clearly changed when the larger one is this many times the smaller one.
inline constexpr double kClearFactor = 1.5;
// A peak has collapsed when less than this share of it is left.
inline constexpr double kCollapsed = 0.1;

enum class Change { rises, falls, stays, mixed, unknown };
// from[seed], to[seed]: rises, falls: by kClearFactor or more at every seed, for values of any sign
// by the same share of the larger modulus; stays: by less at every seed; unknown: no seeds, or NaN.
Change change_of(const std::vector<double>& from, const std::vector<double>& to);

// Events that are seen at some steps alone: logs, checkpoints or visits.

// The first of them from which it is there. `before`: the one before it, at which it was not yet;
// NaN where the event was there from the first look on.
struct FirstSeen {
    double before, step;
};
// The first step whose value is `level` or more. NaN is below every level.
std::optional<FirstSeen> first_reaching(const std::vector<double>& steps,
                                        const std::vector<double>& values, double level);
// An event at a step of the grid, such as a time of a table; none where `step` is not one of it.
std::optional<FirstSeen> seen_at(const std::vector<double>& steps, double step);
// "between steps 241 and 601"; "at step 0 already, the first one looked at".
std::string in_words(const FirstSeen& event);

// Generalising after memorising. The factor is that of the class "grokked" (training_measures.h),
// asked of the whole interval between two looks: follows, if at the look before test pairs were
// learned this many times the step of memorising had passed; together, if both come at one look, or
// the later one before this many times the last step at which the other was not there yet.
inline constexpr double kDelayFactor = 2;
enum class Delay { follows, together, undecided };
Delay delay_of(const FirstSeen& memorised, const FirstSeen& generalised);

// Directions: overlaps |<v_t, v_u>| of all pairs of visits, row by row.

// A direction has settled when the last visits, three intervals, overlap pairwise by this much.
inline constexpr double kSettledOverlap = 0.9;
inline constexpr std::size_t kSettledVisits = 4;
enum class Settling { settled, turning, unknown };
// unknown: fewer visits, or an overlap that is NaN.
Settling settling_of(const std::vector<double>& overlaps, std::size_t visits);

// Circuits.

// Phases of input and output agree by their mean cosine.
inline constexpr double kPhasesAgree = 0.9, kPhasesAgreeInPart = 0.5;
enum class Agreement { agree, in_part, none, unknown };
Agreement agreement_of(double least_mean_cosine);

// What the key frequencies carry: all, if without them the train loss is ten times as large and
// with them alone the loss over all pairs less than twice that of the network; part, if without
// them the train loss is more than doubled.
enum class Carried { all, part, none, unknown };
struct KeyLosses {
    double train, excluded;  // of the training pairs, in full and without the keys
    double all, restricted;  // of all pairs, in full and with the keys alone
};
Carried carried_by_keys(const KeyLosses& losses);

// Permutations.

// "p = 0.02"; where no permutation gives as much "p ≤ 0.005", the bound 1 / (permutations + 1)
// rounded up to two digits; "–" for NaN. In tables "0.02" and "≤ 0.005".
std::string p_value_in_words(double p, double permutations);
std::string p_value_in_table(double p, double permutations);

}  // namespace dualtape::report
