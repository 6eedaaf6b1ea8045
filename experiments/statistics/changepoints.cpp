#include "experiments/statistics/changepoints.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "engine/kernels/random.h"

namespace dualtape::statistics {

namespace {

void check(const std::vector<double>& x, const std::vector<double>& y,
           const BrokenLineSettings& settings) {
    const auto refuse = [](const std::string& message) {
        throw std::invalid_argument("fit_broken_line: " + message);
    };
    if (settings.num_knots != 1 && settings.num_knots != 2) {
        refuse(std::to_string(settings.num_knots) + " knots; 1 or 2 can be searched");
    }
    if (settings.fewest_points < 2 || settings.resamples < 1) {
        refuse("a segment needs 2 points or more and the bootstrap 1 resample; given " +
               std::to_string(settings.fewest_points) + " and " +
               std::to_string(settings.resamples));
    }
    const Index wanted = settings.fewest_points * (settings.num_knots + 1);
    if (x.size() != y.size() || static_cast<Index>(x.size()) < wanted) {
        refuse(std::to_string(x.size()) + " positions and " + std::to_string(y.size()) +
               " values; give as many of each, and at least " + std::to_string(wanted));
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!std::isfinite(x[i]) || !std::isfinite(y[i])) {
            refuse("point " + std::to_string(i) + " is not finite; leave it out");
        }
        if (i > 0 && x[i] <= x[i - 1]) refuse("positions must rise; sort them, each once");
    }
}

// Removes the part of each column that a straight line explains. line: n x 2, orthonormal.
Mat<double> without_line(const Mat<double>& line, const Mat<double>& columns) {
    Mat<double> rest = columns;
    // Twice is enough to be orthogonal to rounding.
    for (int pass = 0; pass < 2; ++pass) rest -= line * (line.transpose() * rest);
    return rest;
}

// The search over all knots. A hinge at point i is max(x - x_i, 0). With what a straight line
// explains taken out of hinges (columns of `hinges`) and values, the gain of knots is the energy of
// the values in the span of their hinges: one division for one knot, a 2 x 2 system for two.
class KnotSearch {
  public:
    KnotSearch(const std::vector<double>& x, const BrokenLineSettings& settings)
        : settings_(settings), size_(static_cast<Index>(x.size())) {
        // In units of the whole range: slopes of both are set back by the caller.
        Vec<double> place(size_);
        for (Index i = 0; i < size_; ++i) {
            place(i) = (x[static_cast<std::size_t>(i)] - x.front()) / (x.back() - x.front());
        }
        line_.resize(size_, 2);
        line_.col(0).setConstant(1 / std::sqrt(static_cast<double>(size_)));
        line_.col(1) = (place.array() - place.mean()).matrix().normalized();
        Mat<double> hinges(size_, size_);
        for (Index i = 0; i < size_; ++i) {
            hinges.col(i) = (place.array() - place(i)).max(0).matrix();
        }
        hinges_ = without_line(line_, hinges);
        gram_ = hinges_.transpose() * hinges_;
    }

    struct Fit {
        Index first = 0, second = 0;  // points; second only for two knots
        double gain = -1;             // fall of the sum of squares
    };

    Fit best(const Vec<double>& y) const {
        const Vec<double> match = hinges_.transpose() * y;
        const Index gap = settings_.fewest_points;
        const Index last = size_ - gap;
        Fit fit;
        for (Index i = gap; i <= last; ++i) {
            if (settings_.num_knots == 1) {
                const double gain = match(i) * match(i) / gram_(i, i);
                if (gain > fit.gain) fit = {i, i, gain};
                continue;
            }
            for (Index k = i + gap; k <= last; ++k) {
                const double determinant = gram_(i, i) * gram_(k, k) - gram_(i, k) * gram_(i, k);
                const double gain =
                    (gram_(k, k) * match(i) * match(i) - 2 * gram_(i, k) * match(i) * match(k) +
                     gram_(i, i) * match(k) * match(k)) /
                    determinant;
                if (gain > fit.gain) fit = {i, k, gain};
            }
        }
        return fit;
    }

    // The fitted line at all points.
    Vec<double> values(const Fit& fit, const Vec<double>& y) const {
        Mat<double> bends(size_, settings_.num_knots);
        bends.col(0) = hinges_.col(fit.first);
        if (settings_.num_knots == 2) bends.col(1) = hinges_.col(fit.second);
        Vec<double> weights(settings_.num_knots);
        const Vec<double> match = bends.transpose() * y;
        if (settings_.num_knots == 1) {
            weights(0) = match(0) / gram_(fit.first, fit.first);
        } else {
            const double ii = gram_(fit.first, fit.first), kk = gram_(fit.second, fit.second);
            const double ik = gram_(fit.first, fit.second);
            const double determinant = ii * kk - ik * ik;
            weights(0) = (kk * match(0) - ik * match(1)) / determinant;
            weights(1) = (ii * match(1) - ik * match(0)) / determinant;
        }
        return line_ * (line_.transpose() * y) + bends * weights;
    }

    Vec<double> without_straight_line(const Vec<double>& y) const { return without_line(line_, y); }

  private:
    BrokenLineSettings settings_;
    Index size_;
    Mat<double> line_, hinges_, gram_;
};

std::vector<Index> knots_of(const KnotSearch::Fit& fit, Index num_knots) {
    if (num_knots == 1) return {fit.first};
    return {fit.first, fit.second};
}

}  // namespace

BrokenLine fit_broken_line(const std::vector<double>& x, const std::vector<double>& y,
                           const BrokenLineSettings& settings) {
    check(x, y, settings);
    const auto size = static_cast<Index>(x.size());
    const KnotSearch search(x, settings);
    const Vec<double> curve = Eigen::Map<const Vec<double>>(y.data(), size);
    const KnotSearch::Fit fit = search.best(curve);
    const Vec<double> line = search.values(fit, curve);
    const Vec<double> residuals = curve - line;

    BrokenLine result;
    std::vector<Index> points = knots_of(fit, settings.num_knots);
    const std::size_t num_knots = points.size();
    for (const Index i : points) result.knots.push_back({x[static_cast<std::size_t>(i)], {}});
    points.insert(points.begin(), 0);
    points.push_back(size - 1);
    for (const Index i : points) result.heights.push_back(line(i));
    for (std::size_t s = 0; s + 1 < points.size(); ++s) {
        const double run =
            x[static_cast<std::size_t>(points[s + 1])] - x[static_cast<std::size_t>(points[s])];
        result.slopes.push_back((result.heights[s + 1] - result.heights[s]) / run);
    }
    const double straight = search.without_straight_line(curve).squaredNorm();
    result.residual_share = straight > 0 ? residuals.squaredNorm() / straight : 0;

    kernels::Stream stream(settings.seed, "bootstrap", settings.index);
    const auto block = std::max<Index>(1, std::lround(std::cbrt(static_cast<double>(size))));
    std::vector<std::vector<double>> drawn(num_knots);
    Vec<double> resampled(size);
    for (Index r = 0; r < settings.resamples; ++r) {
        for (Index i = 0; i < size; i += block) {
            const auto start =
                static_cast<Index>(stream.below(static_cast<std::uint64_t>(size - block + 1)));
            for (Index k = 0; k < block && i + k < size; ++k) {
                resampled(i + k) = line(i + k) + residuals(start + k);
            }
        }
        const std::vector<Index> knots = knots_of(search.best(resampled), settings.num_knots);
        for (std::size_t k = 0; k < num_knots; ++k) {
            drawn[k].push_back(x[static_cast<std::size_t>(knots[k])]);
        }
    }
    const double tail = (1 - settings.level) / 2;
    for (std::size_t k = 0; k < num_knots; ++k) {
        result.knots[k].interval = {quantile(drawn[k], tail), quantile(drawn[k], 1 - tail)};
    }
    return result;
}

std::vector<double> running_median(const std::vector<double>& values, Index reach) {
    const auto size = static_cast<Index>(values.size());
    std::vector<double> result;
    for (Index i = 0; i < size; ++i) {
        const Index near = std::min({reach, i, size - 1 - i});
        result.push_back(median({values.begin() + (i - near), values.begin() + (i + near + 1)}));
    }
    return result;
}

}  // namespace dualtape::statistics
