#include "engine/optim/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "engine/optim/validate.h"

namespace dualtape::optim {

namespace {

constexpr double kDecrease = 1e-3, kCurvature = 0.9;
constexpr double kExtrapolation = 4;
constexpr int kTrials = 50;
constexpr double kMargin = 0.1;  // an interpolated step keeps this share of the bracket's width

// f at x + step d.
struct Trial {
    double step = 0, value = 0, slope = 0;
    Vec<double> x, gradient;
};

class Line {
  public:
    Line(const DifferentiableFunction& f, const Trial& start, const Vec<double>& direction)
        : f_(f), start_(start), direction_(direction) {}

    Trial at(double step) const {
        Trial trial{.step = step, .x = start_.x + step * direction_, .gradient = start_.gradient};
        trial.value = f_(trial.x, trial.gradient);
        trial.slope = trial.gradient.dot(direction_);
        return trial;
    }
    // False, too, where f has no value.
    bool falls_enough(const Trial& trial) const {
        return trial.value < start_.value && std::isfinite(trial.slope) &&
               trial.value <= start_.value + kDecrease * trial.step * start_.slope;
    }
    bool is_flat(const Trial& trial) const {
        return std::abs(trial.slope) <= -kCurvature * start_.slope;
    }

  private:
    const DifferentiableFunction& f_;
    const Trial& start_;
    const Vec<double>& direction_;
};

// Minimum of the cubic through values and slopes of both ends, inside the bracket; its middle where
// the cubic has none.
double interpolated(const Trial& a, const Trial& b) {
    const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
    const double square = d1 * d1 - a.slope * b.slope;
    const double width = b.step - a.step;
    const double d2 = std::copysign(std::sqrt(std::max(square, 0.0)), width);
    const double step = b.step - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
    const double low = std::min(a.step, b.step) + kMargin * std::abs(width);
    const double high = std::max(a.step, b.step) - kMargin * std::abs(width);
    return square >= 0 && std::isfinite(step) ? std::clamp(step, low, high) : (low + high) / 2;
}

// A step inside the bracket. low is the start or falls enough, and f falls from there inwards.
Trial zoom(const Line& line, Trial low, Trial high, int trials) {
    for (; trials > 0; --trials) {
        Trial trial = line.at(interpolated(low, high));
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

// The start itself, with step 0, when no step lowers f.
Trial search(const Line& line, const Trial& start, double step) {
    Trial previous = start;
    for (int trials = kTrials; trials > 0; --trials, step *= kExtrapolation) {
        Trial trial = line.at(step);
        if (!line.falls_enough(trial) || trial.value >= previous.value) {
            return zoom(line, std::move(previous), std::move(trial), trials);
        }
        if (line.is_flat(trial)) return trial;
        if (trial.slope >= 0) return zoom(line, std::move(trial), std::move(previous), trials);
        previous = std::move(trial);
    }
    return previous;
}

// The last steps, with what they changed the gradient by: -H g of the inverse Hessian H that they
// stand for.
class History {
  public:
    explicit History(int memory) : memory_(memory) {}

    bool empty() const { return pairs_.empty(); }
    void clear() { pairs_.clear(); }

    void add(Vec<double> step, Vec<double> change) {
        const double product = step.dot(change);
        // H stays positive definite.
        if (!(product > std::numeric_limits<double>::epsilon() * change.squaredNorm())) return;
        pairs_.push_back({std::move(step), std::move(change), product});
        if (std::ssize(pairs_) > memory_) pairs_.pop_front();
    }

    Vec<double> direction(const Vec<double>& gradient) const {
        Vec<double> q = -gradient;
        if (pairs_.empty()) return q;
        std::vector<double> alpha(pairs_.size());
        for (std::size_t i = pairs_.size(); i-- > 0;) {
            alpha[i] = pairs_[i].step.dot(q) / pairs_[i].product;
            q -= alpha[i] * pairs_[i].change;
        }
        q *= pairs_.back().product / pairs_.back().change.squaredNorm();
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            q += (alpha[i] - pairs_[i].change.dot(q) / pairs_[i].product) * pairs_[i].step;
        }
        return q;
    }

  private:
    struct Pair {
        Vec<double> step, change;  // s and y
        double product = 0;        // s'y
    };
    int memory_;
    std::deque<Pair> pairs_;
};

double largest_component(const Vec<double>& gradient) {
    return gradient.size() == 0 ? 0 : gradient.cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
}

}  // namespace

void LbfgsSettings::check() const {
    if (memory < 1) refuse("memory", memory, "must be 1 or more; 10 is usual");
    if (max_iterations < 0) refuse("max_iterations", max_iterations, "must be 0 or more");
    require_positive("tolerance", tolerance);
    require_non_negative("least_fall", least_fall);
}

LbfgsResult minimise(const DifferentiableFunction& f, Vec<double> x,
                     const LbfgsSettings& settings) {
    settings.check();
    Trial here;
    here.gradient = Vec<double>::Zero(x.size());
    here.x = std::move(x);
    here.value = f(here.x, here.gradient);
    History history(settings.memory);
    LbfgsResult result;
    while (largest_component(here.gradient) > settings.tolerance &&
           result.iterations < settings.max_iterations) {
        const Vec<double> direction = history.direction(here.gradient);
        here.step = 0;
        here.slope = here.gradient.dot(direction);
        Trial next;
        if (here.slope < 0) {
            const double first = history.empty() ? 1 / here.gradient.norm() : 1;
            next = search(Line(f, here, direction), here, first);
        }
        if (next.step == 0) {
            if (history.empty()) break;
            history.clear();
            continue;
        }
        ++result.iterations;
        history.add(next.x - here.x, next.gradient - here.gradient);
        const double fall = here.value - next.value;
        const double scale = std::max({std::abs(here.value), std::abs(next.value), 1.0});
        here = std::move(next);
        if (fall <= settings.least_fall * scale) break;
    }
    result.is_converged = largest_component(here.gradient) <= settings.tolerance;
    result.x = std::move(here.x);
    result.value = here.value;
    result.gradient = std::move(here.gradient);
    return result;
}

}  // namespace dualtape::optim
