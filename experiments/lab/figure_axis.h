#pragma once
// The axis of a figure once the data are known: its range, its tics, and where a value lies.

#include <string>
#include <vector>

#include "experiments/lab/figure.h"

namespace dualtape::lab {

// Whether an axis of this scale has a place for a value: finite (up to 1e300), and positive on a
// log axis.
bool can_show(Scale scale, double value);

// Coordinates are those of the gnuplot script: values on linear and log axes (gnuplot takes the
// logarithm), asinh(value / linear_below) / ln 10 on symlog axes.
class AxisView {
  public:
    struct Tic {
        double position = 0;
        std::string label;  // with markup; empty for a minor one
    };

    // `values` are all that is drawn along this axis; those it cannot show are ignored. `margin`
    // is the share of the length left free at an end that the axis does not fix.
    // Throws std::invalid_argument if the limits contradict each other or the scale.
    AxisView(const Axis& axis, const std::vector<double>& values, double margin, int max_labels);

    bool is_shown(double value) const { return can_show(scale_, value); }
    double coordinate(double value) const;  // for is_shown values
    double fraction(double value) const;    // 0 at the lower end, 1 at the upper one
    double share(double position) const;    // the same of a coordinate
    double low() const { return low_; }     // coordinates of the ends
    double high() const { return high_; }
    Scale scale() const { return scale_; }
    double linear_below() const { return linear_below_; }
    bool has_zero_inside() const;
    const std::vector<Tic>& tics() const { return tics_; }
    // Whether neighbouring labels come closer to each other than the size of their font on a
    // horizontal axis of this length; both in pixels.
    bool has_touching_labels(double length, double font_size) const;
    // The length of a vertical axis whose neighbouring labels are `distance` apart or more.
    double length_for(double distance) const;

  private:
    void make_linear_tics(int max_labels);
    void make_log_tics(int max_labels);
    void make_symlog_tics(int max_labels);

    Scale scale_;
    double linear_below_ = 0;
    double low_ = 0, high_ = 1;
    std::vector<Tic> tics_;
};

std::string power_of_ten(int exponent);  // "10^{3}", with a true minus sign

}  // namespace dualtape::lab
