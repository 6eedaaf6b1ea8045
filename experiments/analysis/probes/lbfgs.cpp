#include "experiments/analysis/probes/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <stdexcept>
#include <vector>

namespace dualtape::analysis {

namespace {

constexpr double kDecrease = 1e-3, kCurvature = 0.9;
constexpr double kExtrapolation = 4;
constexpr int kTrials = 50;
constexpr double kMargin = 0.1;  // an interpolated step keeps this share of the bracket's width

// f on the line x + step d.
struct Point {
    double step = 0, value = 0, slope = 0;
    Vec<double> x, gradient;
};

class Line {
  public:
    Line(const DifferentiableFunction& f, const Point& start, const Vec<double>& direction)
        : f_(f), start_(start), direction_(direction) {}

    Point at(double step) const {
        Point point{.step = step, .x = start_.x + step * direction_, .gradient = start_.gradient};
        point.value = f_(point.x, point.gradient);
        point.slope = point.gradient.dot(direction_);
        return point;
    }
    bool falls_enough(const Point& point) const {
        return point.value <= start_.value + kDecrease * point.step * start_.slope;
    }
    bool is_flat(const Point& point) const {
        return std::abs(point.slope) <= -kCurvature * start_.slope;
    }

  private:
    const DifferentiableFunction& f_;
    const Point& start_;
    const Vec<double>& direction_;
};

// Minimum of the cubic through values and slopes of both ends, inside the bracket.
double interpolated(const Point& a, const Point& b) {
    const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
    const double square = d1 * d1 - a.slope * b.slope;
    const double width = b.step - a.step;
    const double d2 = std::copysign(std::sqrt(std::max(square, 0.0)), width);
    const double step = b.step - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
    const double low = std::min(a.step, b.step) + kMargin * std::abs(width);
    const double high = std::max(a.step, b.step) - kMargin * std::abs(width);
    return square >= 0 && std::isfinite(step) ? std::clamp(step, low, high) : (low + high) / 2;
}

// A step inside the bracket whose lower end, low, falls enough and leads inwards.
Point zoom(const Line& line, Point low, Point high, int trials) {
    for (; trials > 0; --trials) {
        Point trial = line.at(interpolated(low, high));
        if (!line.falls_enough(trial) || trial.value >= low.value) {
            high = std::move(trial);
            continue;
        }
        if (line.is_flat(trial)) return trial;
        if (trial.slope * (high.step - low.step) >= 0) high = std::move(low);
        low = std::move(trial);
    }
    return low;
}

// The start itself when no step lowers f.
Point search(const Line& line, const Point& start, double step) {
    Point previous = start;
    for (int trial = 1; trial <= kTrials; ++trial, step *= kExtrapolation) {
        Point point = line.at(step);
        if (!line.falls_enough(point) || (trial > 1 && point.value >= previous.value) ||
            !std::isfinite(point.value)) {
            return zoom(line, std::move(previous), std::move(point), kTrials);
        }
        if (line.is_flat(point)) return point;
        if (point.slope >= 0) return zoom(line, std::move(point), std::move(previous), kTrials);
        previous = std::move(point);
    }
    return previous;
}

struct Pair {
    Vec<double> step, change;  // s and y
    double product = 0;        // s'y
};

// -H g of the pairs' approximate inverse Hessian H.
Vec<double> direction_of(const std::deque<Pair>& pairs, const Vec<double>& gradient) {
    Vec<double> q = -gradient;
    std::vector<double> alpha(pairs.size());
    for (std::size_t i = pairs.size(); i-- > 0;) {
        alpha[i] = pairs[i].step.dot(q) / pairs[i].product;
        q -= alpha[i] * pairs[i].change;
    }
    q *= pairs.back().product / pairs.back().change.squaredNorm();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        q += (alpha[i] - pairs[i].change.dot(q) / pairs[i].product) * pairs[i].step;
    }
    return q;
}

}  // namespace

LbfgsResult minimise(const DifferentiableFunction& f, Vec<double> x,
                     const LbfgsSettings& settings) {
    if (settings.memory < 1 || !(settings.tolerance > 0) || !(settings.least_fall >= 0)) {
        throw std::invalid_argument(
            "L-BFGS: memory is at least 1, the tolerance positive, the least fall not negative");
    }
    Point here;
    here.gradient = Vec<double>::Zero(x.size());
    here.x = std::move(x);
    here.value = f(here.x, here.gradient);
    std::deque<Pair> pairs;
    LbfgsResult result;
    const auto largest = [](const Vec<double>& g) {
        return g.size() == 0 ? 0.0 : g.cwiseAbs().maxCoeff();
    };
    while (largest(here.gradient) > settings.tolerance &&
           result.iterations < settings.max_iterations) {
        const Vec<double> direction =
            pairs.empty() ? Vec<double>(-here.gradient) : direction_of(pairs, here.gradient);
        here.step = 0;
        here.slope = here.gradient.dot(direction);
        const Line line(f, here, direction);
        Point next = search(line, here, pairs.empty() ? 1 / here.gradient.norm() : 1);
        if (next.step == 0) {
            // Rounding: the steepest descent is tried before giving up.
            if (pairs.empty()) break;
            pairs.clear();
            continue;
        }
        ++result.iterations;
        Pair pair{.step = next.x - here.x, .change = next.gradient - here.gradient};
        pair.product = pair.step.dot(pair.change);
        if (pair.product > std::numeric_limits<double>::epsilon() * pair.change.squaredNorm()) {
            pairs.push_back(std::move(pair));
            if (std::ssize(pairs) > settings.memory) pairs.pop_front();
        }
        const double fall = here.value - next.value;
        const double scale = std::max({std::abs(here.value), std::abs(next.value), 1.0});
        here = std::move(next);
        if (fall <= settings.least_fall * scale) break;
    }
    result.is_converged = largest(here.gradient) <= settings.tolerance;
    result.x = std::move(here.x);
    result.value = here.value;
    result.gradient = std::move(here.gradient);
    return result;
}

}  // namespace dualtape::analysis
