#include "experiments/lab/figure_axis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <utility>

#include "experiments/lab/markup.h"

namespace dualtape::lab {
namespace {

constexpr const char* kMinus = "\u2212";
constexpr double kLargest = 1e300;    // beyond, sums of two ends would overflow
constexpr double kSmallest = 1e-300;  // below, parts of a range would vanish

double log_position(double value) { return std::log10(value); }

// Replaces the hyphen of a printed number by a true minus sign.
std::string with_minus(std::string text) {
    if (text.starts_with('-')) text.replace(0, 1, kMinus);
    return text;
}

std::string decimal(double value, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value == 0 ? 0.0 : value);
    return with_minus(text);
}

// The smallest of 1, 2, 5, 10 times a power of ten that cuts `length` into at most `parts`.
double nice_step(double length, int parts) {
    const double rough = length / parts;
    const double decade = std::pow(10, std::floor(log_position(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * decade >= rough * (1 - 1e-9)) return factor * decade;
    return 10 * decade;
}

// Labels of tics that lie `step` apart: decimals, or multiples of a common power of ten.
std::string linear_label(double value, double step, double largest) {
    const int finest = static_cast<int>(std::floor(log_position(step) + 1e-9));
    const int top = static_cast<int>(std::floor(log_position(largest) + 1e-9));
    if (value == 0) return "0";
    if (top < 6 && finest >= -4) return decimal(value, std::max(0, -finest));
    const double scaled = value / std::pow(10, top);
    return decimal(scaled, std::max(0, top - finest)) + "×" + power_of_ten(top);
}

// The linear zone ends where nine tenths of the values lie beyond, at a power of ten; at most
// eight decades are spread out on either side.
double choose_linear_below(std::vector<double> magnitudes) {
    std::erase_if(magnitudes, [](double value) { return !std::isfinite(value) || value <= 0; });
    if (magnitudes.empty()) return 1;
    std::sort(magnitudes.begin(), magnitudes.end());
    const double small = magnitudes[magnitudes.size() / 10];
    const double floor = std::max(magnitudes.back() * 1e-8, kSmallest);
    return std::pow(10, std::floor(log_position(std::max(small, floor)) + 1e-9));
}

}  // namespace

std::string power_of_ten(int exponent) {
    return "10^{" + with_minus(std::to_string(exponent)) + "}";
}

bool can_show(Scale scale, double value) {
    return std::abs(value) <= kLargest && (scale != Scale::log || value >= kSmallest);
}

AxisView::AxisView(const Axis& axis, const std::vector<double>& values, double margin,
                   int max_labels)
    : scale_(axis.scale) {
    if (scale_ == Scale::symlog) {
        std::vector<double> magnitudes;
        for (const double value : values) magnitudes.push_back(std::abs(value));
        linear_below_ = axis.linear_below > 0 ? axis.linear_below : choose_linear_below(magnitudes);
    }
    for (const std::optional<double>& limit : {axis.min, axis.max})
        if (limit && !is_shown(*limit))
            throw std::invalid_argument("axis \"" + axis.label +
                                        "\": a limit must be finite, and positive if logarithmic");
    if (axis.min && axis.max && !(*axis.min < *axis.max))
        throw std::invalid_argument("axis \"" + axis.label + "\": min must be below max");

    // Step 1. The range of the data, in units in which the axis is linear.
    const bool is_log = scale_ == Scale::log;
    const auto place = [&](double value) {
        return is_log ? log_position(value) : coordinate(value);
    };
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double value : values) {
        if (!is_shown(value)) continue;
        low = std::min(low, place(value));
        high = std::max(high, place(value));
    }
    if (low > high) low = 0, high = 1;  // nothing to show
    if (axis.min) low = place(*axis.min);
    if (axis.max) high = place(*axis.max);

    // Step 2. Free space at the ends that are not fixed; a single value gets a range around it.
    // Rounding alone spreads logarithms by an absolute amount, also near that of 1, which is 0.
    const double least = scale_ == Scale::log ? 1 : kSmallest;
    if (!(high - low > 1e-12 * std::max({std::abs(low), std::abs(high), least}))) {
        const double half = scale_ == Scale::linear ? std::max(0.5, 0.1 * std::abs(low)) : 0.5;
        // One value that is not negative is no reason to show negative ones.
        const double floor = scale_ == Scale::linear && low >= 0 ? 0 : -kLargest;
        if (!axis.min) low = std::max(low - half, floor);
        if (!axis.max || high <= low) high += half;
    } else {
        const double space = margin * (high - low);
        // A quantity that is never negative keeps zero at the end of its axis.
        const bool ends_at_zero = scale_ == Scale::linear && low >= 0 && low < space;
        if (!axis.min) low = ends_at_zero ? 0 : low - space;
        if (!axis.max) high += space;
    }
    low_ = is_log ? std::pow(10, std::max(low, -305.0)) : low;
    high_ = is_log ? std::pow(10, std::min(high, 305.0)) : high;

    // Step 3. Tics.
    if (!axis.ticks.empty()) {
        for (const Tick& tick : axis.ticks)
            if (is_shown(tick.position)) tics_.push_back({coordinate(tick.position), tick.label});
    } else if (scale_ == Scale::linear) {
        make_linear_tics(max_labels);
    } else if (scale_ == Scale::log) {
        make_log_tics(max_labels);
    } else {
        make_symlog_tics(max_labels + max_labels / 2);
    }
}

double AxisView::coordinate(double value) const {
    if (scale_ != Scale::symlog) return value;
    return std::asinh(value / linear_below_) / std::numbers::ln10;
}

double AxisView::fraction(double value) const { return share(coordinate(value)); }

double AxisView::share(double position) const {
    if (scale_ == Scale::log)
        return (log_position(position) - log_position(low_)) /
               (log_position(high_) - log_position(low_));
    return (position - low_) / (high_ - low_);
}

bool AxisView::has_touching_labels(double length, double font_size) const {
    std::vector<std::pair<double, double>> spans;
    for (const Tic& tic : tics_) {
        if (tic.label.empty()) continue;
        const double centre = share(tic.position) * length;
        const double half = text_width(tic.label) * font_size / 2;
        spans.emplace_back(centre - half, centre + half);
    }
    std::sort(spans.begin(), spans.end());
    for (std::size_t i = 1; i < spans.size(); ++i)
        if (spans[i].first - spans[i - 1].second < font_size) return true;
    return false;
}

double AxisView::length_for(double distance) const {
    std::vector<double> places;
    for (const Tic& tic : tics_)
        if (!tic.label.empty()) places.push_back(share(tic.position));
    std::sort(places.begin(), places.end());
    double closest = 1;
    for (std::size_t i = 1; i < places.size(); ++i)
        closest = std::min(closest, places[i] - places[i - 1]);
    return distance / std::max(closest, 1e-3);
}

bool AxisView::has_zero_inside() const { return scale_ != Scale::log && low_ < 0 && high_ > 0; }

void AxisView::make_linear_tics(int max_labels) {
    const double step = nice_step(high_ - low_, max_labels - 1);
    const double largest = std::max(std::abs(low_), std::abs(high_));
    const double first = std::ceil(low_ / step - 1e-9), last = std::floor(high_ / step + 1e-9);
    for (double k = first; k <= last; ++k)
        tics_.push_back({k * step, linear_label(k * step, step, largest)});
}

void AxisView::make_log_tics(int max_labels) {
    const double low = log_position(low_), high = log_position(high_);
    const int first = static_cast<int>(std::ceil(low - 1e-9));
    const int last = static_cast<int>(std::floor(high + 1e-9));
    const int num_decades = last - first + 1;

    // Within two decades 1, 2 and 5 are labelled; within half of one the tics are evenly spaced.
    if (high - low < 0.5) {
        make_linear_tics(max_labels);
        return;
    }
    const bool has_parts = num_decades < 2 || high - low < 1.5;
    const int stride = std::max(1, (num_decades + max_labels - 1) / max_labels);
    const bool is_plain = first >= -3 && last <= 4;
    for (int decade = first - 1; decade <= last; ++decade) {
        for (int digit = 1; digit <= 9; ++digit) {
            const double value = digit * std::pow(10, decade);
            if (value < low_ * (1 - 1e-9) || value > high_ * (1 + 1e-9)) continue;
            std::string label;
            const bool is_part = has_parts && (digit == 2 || digit == 5);
            if (digit == 1 && (decade - first) % stride == 0)
                label = is_plain ? decimal(value, std::max(0, -decade)) : power_of_ten(decade);
            if (is_part) {
                label = is_plain ? decimal(value, std::max(0, -decade))
                                 : std::to_string(digit) + "×" + power_of_ten(decade);
            }
            // Where decades go without label they are the minor tics, as long as there is room.
            const bool is_minor = stride == 1 || (digit == 1 && stride <= 5);
            if (!label.empty() || is_minor) tics_.push_back({value, label});
        }
    }
}

void AxisView::make_symlog_tics(int max_labels) {
    const double zone = linear_below_;
    const int first = static_cast<int>(std::ceil(log_position(zone) - 1e-9));
    const auto decades = [&](double end) {  // beyond the linear zone, up to this end
        // asinh(u) is ln(2 u) from u = 100 on, and sinh would overflow there.
        const double position = std::abs(end);
        const double last = position > 2 ? position - std::numbers::ln2 / std::numbers::ln10
                                         : log_position(std::sinh(position * std::numbers::ln10));
        return std::max(0,
                        static_cast<int>(std::floor(last + log_position(zone) + 1e-9)) - first + 1);
    };
    const int above = high_ > 0 ? decades(high_) : 0;
    const int below = low_ < 0 ? decades(low_) : 0;
    const int stride = std::max(1, (above + below + max_labels - 1) / max_labels);
    const auto add = [&](double value, const std::string& label) {
        const double position = coordinate(value);
        const double slack = 1e-9 * (high_ - low_);
        if (position >= low_ - slack && position <= high_ + slack)
            tics_.push_back({position, label});
    };
    // The innermost label must not touch the one of zero; then the next one is the first.
    const bool is_clear = coordinate(zone) / (high_ - low_) > 0.6 / max_labels;
    const int inner = is_clear ? 0 : 1;
    add(0, "0");
    for (const double sign : {1.0, -1.0}) {
        const int count = sign > 0 ? above : below;
        for (int k = 0; k < count; ++k) {
            const double value = sign * std::pow(10, first + k);
            const bool is_labelled = k >= inner && (k - inner) % stride == 0;
            if (is_labelled || stride <= 5)
                add(value, is_labelled ? (sign < 0 ? kMinus : "") + power_of_ten(first + k) : "");
        }
    }
    if (tics_.size() > 1) return;
    // A range within one decade: round numbers instead. Here sinh cannot overflow.
    tics_.clear();
    const auto value_at = [&](double position) {
        return zone * std::sinh(position * std::numbers::ln10);
    };
    const AxisView plain({.min = value_at(low_), .max = value_at(high_)}, {}, 0, max_labels);
    for (const Tic& tic : plain.tics_) add(tic.position, tic.label);
}

}  // namespace dualtape::lab
