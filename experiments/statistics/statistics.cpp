#include "experiments/statistics/statistics.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/kernels/elementary.h"

namespace dualtape::statistics {

namespace {

bool is_all_finite(const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

double normal_cdf(double x) {
    double y = 0;
    kernels::normal_cdf(&y, &x, 1);
    return y;
}

// The inverse of normal_cdf by bisection: 60 halvings of [-8, 8] leave 1e-17. p in (0, 1).
double normal_quantile(double p) {
    double low = -8, high = 8;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (normal_cdf(middle) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

// The acceleration of BCa: skewness of the medians with one value left out.
double acceleration(const std::vector<double>& values) {
    std::vector<double> medians;
    for (std::size_t left_out = 0; left_out < values.size(); ++left_out) {
        std::vector<double> rest = values;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(left_out));
        medians.push_back(median(std::move(rest)));
    }
    double mean = 0;
    for (const double m : medians) mean += m / static_cast<double>(medians.size());
    double second = 0, third = 0;
    for (const double m : medians) {
        second += (mean - m) * (mean - m);
        third += (mean - m) * (mean - m) * (mean - m);
    }
    return second > 0 ? third / (6 * std::pow(second, 1.5)) : 0;
}

// C(n, k) p^k (1 - p)^(n - k), of factors in an order that neither overflows nor vanishes early.
double binomial(std::size_t n, std::size_t k, double p) {
    double product = 1;
    std::size_t misses = n - k;
    for (std::size_t i = 1; i <= k; ++i) {
        product *= static_cast<double>(n - k + i) / static_cast<double>(i) * p;
        for (; product > 1 && misses > 0; --misses) product *= 1 - p;
    }
    return product * std::pow(1 - p, static_cast<double>(misses));
}

// P(Bin(n, p) >= least).
double binomial_tail(std::size_t n, std::size_t least, double p) {
    if (p == 1) return 1;
    double term = binomial(n, least, p), sum = 0;
    for (std::size_t k = least; k <= n; ++k) {
        sum += term;
        term *= static_cast<double>(n - k) / static_cast<double>(k + 1) * p / (1 - p);
    }
    return sum;
}

struct Atom {
    double value = 0, mass = 0;
};

// The distribution of the median of n values drawn from n sorted ones with replacement, without
// drawing any. Of n draws Bin(n, i / n) are among the i least, so the r-th least draw is with
// probability P(Bin(n, i / n) >= r); of even n, the two middle draws are on either side of a gap
// i < j with C(n, n/2) (i / n)^(n/2) ((n - j) / n)^(n/2).
std::vector<Atom> bootstrap_medians(const std::vector<double>& sorted) {
    const std::size_t n = sorted.size(), middle = (n + 1) / 2;
    const auto share = [&](std::size_t i) {
        return static_cast<double>(i) / static_cast<double>(n);
    };
    std::vector<Atom> atoms;
    double before = 0;
    for (std::size_t i = 1; i <= n; ++i) {
        // That the middle-th least draw is one of the i least values.
        const double reached = binomial_tail(n, middle, share(i));
        double mass = reached - before;
        before = reached;
        if (n % 2 == 0) {
            const auto apart = [&](std::size_t low, std::size_t high) {
                return binomial(n, middle, 0.5) *
                       std::pow(4 * share(low) * share(n - high), static_cast<double>(middle));
            };
            for (std::size_t j = i + 1; j <= n; ++j) {
                const double both =
                    apart(i, j - 1) - apart(i - 1, j - 1) - apart(i, j) + apart(i - 1, j);
                atoms.push_back({median({sorted[i - 1], sorted[j - 1]}), both});
                mass -= both;
            }
        }
        atoms.push_back({sorted[i - 1], mass});
    }
    std::sort(atoms.begin(), atoms.end(),
              [](const Atom& a, const Atom& b) { return a.value < b.value; });
    return atoms;
}

}  // namespace

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

double quantile(std::vector<double> values, double q) {
    for (const double x : values) {
        if (std::isnan(x)) return kNan;
    }
    if (values.empty()) return kNan;
    std::sort(values.begin(), values.end());
    const double place = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const double share = place - static_cast<double>(below);
    if (share == 0 || values[below] == values[below + 1]) return values[below];
    return values[below] * (1 - share) + values[below + 1] * share;
}

Interval proportion_interval(Index successes, Index trials) {
    if (trials == 0) return {kNan, kNan};
    const auto n = static_cast<double>(trials);
    const double p = static_cast<double>(successes) / n;
    const double spread = kNormal95 * kNormal95 / n;
    const double middle = (p + spread / 2) / (1 + spread);
    const double half = std::sqrt(spread * (p * (1 - p) + spread / 4)) / (1 + spread);
    return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Interval median_interval(std::vector<double> values) {
    if (values.empty() || !is_all_finite(values)) return {kNan, kNan};
    std::sort(values.begin(), values.end());
    if (values.front() == values.back() || values.size() < kFewestForInterval) {
        return {values.front(), values.back()};
    }

    const std::vector<Atom> medians = bootstrap_medians(values);
    // Ties count half: medians of small samples repeat, and counting them whole would shift z0.
    const double middle = median(values);
    double below = 0;
    for (const Atom& atom : medians) {
        below += atom.value < middle ? atom.mass : atom.value == middle ? atom.mass / 2 : 0;
    }
    const double z0 = normal_quantile(below);
    const double a = acceleration(values);
    const auto adjusted = [&](double tail) {
        const double z = z0 + normal_quantile(tail);
        return normal_cdf(z0 + z / (1 - a * z));
    };
    const auto at = [&](double probability) {
        double reached = 0;
        for (const Atom& atom : medians) {
            reached += atom.mass;
            if (reached >= probability) return atom.value;
        }
        return values.back();  // rounding left a little of the mass out
    };
    return {at(adjusted(kTail)), at(adjusted(1 - kTail))};
}

double gini(In<Vec<double>> values) {
    std::vector<double> sorted(values.data(), values.data() + values.size());
    for (const double x : sorted) {
        if (!(std::isfinite(x) && x >= 0)) {
            throw std::invalid_argument("gini: the value " + std::to_string(x) +
                                        " is not in [0, inf); give norms or magnitudes");
        }
    }
    if (sorted.empty()) return kNan;
    std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<double>(sorted.size());
    double weighted = 0, total = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        weighted += (2 * static_cast<double>(i + 1) - n - 1) * sorted[i];
        total += sorted[i];
    }
    return total > 0 ? weighted / (n * total) : 0;
}

Band median_band(const std::vector<std::vector<double>>& curves) {
    Band band;
    if (curves.empty()) return band;
    for (const std::vector<double>& curve : curves) {
        if (curve.size() != curves[0].size()) {
            throw std::invalid_argument(
                "median_band: curves of " + std::to_string(curves[0].size()) + " and " +
                std::to_string(curve.size()) + " points; all need the same steps");
        }
    }
    for (std::size_t i = 0; i < curves[0].size(); ++i) {
        std::vector<double> column;
        for (const std::vector<double>& curve : curves) column.push_back(curve[i]);
        const Interval interval = median_interval(column);
        band.middle.push_back(median(column));
        band.low.push_back(interval.low);
        band.high.push_back(interval.high);
    }
    return band;
}

}  // namespace dualtape::statistics
