#include "experiments/analyses/curvature/pair_words.h"

#include <cmath>

#include "engine/curvature/bounds.h"
#include "experiments/report/run_tables.h"

namespace dualtape::analyses {

namespace {

using curvature::certain_digits;

std::string of_end(const EndCount& end, const std::string& name) {
    const auto number = [](std::size_t n) { return std::to_string(n); };
    if (end.converged == end.pairs) {
        return end.pairs == 1 ? "the " + name + " eigenvalue converged"
                              : "all " + number(end.pairs) + " " + name + " eigenvalues converged";
    }
    const std::size_t unknown = end.pairs - end.converged - end.with_sign;
    std::string text = "of the " + number(end.pairs) + " " + name + " eigenvalues " +
                       (end.converged == 0 ? "none" : number(end.converged)) + " converged";
    if (end.with_sign > 0) text += ", " + number(end.with_sign) + " have a certain sign alone";
    if (unknown > 0) text += ", the sign of " + number(unknown) + " is not known";
    return text;
}

}  // namespace

std::vector<std::size_t> rows_where(const lab::Table& table, const char* column, double value) {
    std::vector<std::size_t> rows;
    if (table.num_rows() == 0) return rows;
    const std::vector<double> values = table.numbers(column);
    for (std::size_t row = 0; row < values.size(); ++row) {
        if (values[row] == value) rows.push_back(row);
    }
    return rows;
}

std::vector<PairState> pair_states(const lab::Table& table, const std::vector<std::size_t>& rows) {
    if (rows.empty()) return {};
    const auto end = table.texts("end");
    const auto step = table.numbers("step"), rank = table.numbers("rank");
    const auto value = table.numbers("value");
    const auto bound = table.numbers("bound"), converged = table.numbers("is_converged");
    const bool has_sign = table.has_column("is_sign_certain");
    const auto sign = has_sign ? table.numbers("is_sign_certain") : std::vector<double>();
    std::vector<PairState> pairs;
    for (const std::size_t i : rows) {
        const bool is_certain = has_sign ? sign[i] != 0 : bound[i] < std::abs(value[i]);
        const bool is_known = has_sign || certain_digits(value[i], bound[i]) >= 2;
        pairs.push_back({end[i] == "largest", converged[i] != 0 && is_known, is_certain, step[i],
                         rank[i], value[i], bound[i]});
    }
    return pairs;
}

PairCounts count_pairs(const lab::Table& eigenvalues, const std::vector<std::size_t>& rows) {
    PairCounts counts;
    for (const PairState& pair : pair_states(eigenvalues, rows)) {
        EndCount& end = pair.is_top ? counts.largest : counts.smallest;
        ++end.pairs;
        end.converged += pair.is_converged ? 1 : 0;
        end.with_sign += !pair.is_converged && pair.is_sign_certain ? 1 : 0;
    }
    return counts;
}

std::string in_words(const PairCounts& counts) {
    std::string text;
    if (counts.largest.pairs > 0) text = of_end(counts.largest, "largest");
    if (counts.smallest.pairs > 0) {
        text += (text.empty() ? "" : "; ") + of_end(counts.smallest, "smallest");
    }
    return text;
}

std::string missing_pairs(const lab::Table& eigenvalues, const std::vector<std::size_t>& rows) {
    std::string text;
    for (const PairState& pair : pair_states(eigenvalues, rows)) {
        if (pair.is_converged) continue;
        text += (text.empty() ? "" : "; ") + std::string(pair.is_top ? "largest " : "smallest ") +
                report::readable(pair.rank) + ": " + report::readable_short(pair.value) + " ± " +
                report::readable_short(pair.bound) +
                (!pair.is_sign_certain ? ", of unknown sign"
                 : pair.value < 0      ? ", certainly negative"
                                       : ", certainly positive");
    }
    return text;
}

std::string with_bound(double value, double bound) {
    if (std::isnan(value) || certain_digits(value, bound) >= 4) return report::readable(value);
    return report::readable(value) + " ± " + report::readable_short(bound);
}

}  // namespace dualtape::analyses
