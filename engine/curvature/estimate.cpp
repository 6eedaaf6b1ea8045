#include "engine/curvature/estimate.h"

#include <cmath>
#include <limits>

#include "engine/curvature/length.h"

namespace dualtape::curvature {

Estimate mean_estimate(const Vec<double>& samples) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    const auto n = static_cast<double>(samples.size());
    if (samples.size() == 0) return {kUnknown, kUnknown};
    const double mean = samples.sum() / n;
    if (samples.size() == 1) return {mean, kUnknown};
    const double unit = binary_unit(largest_entry(samples));
    const double squares = ((samples.array() - mean) / unit).square().sum();
    return {mean, unit * std::sqrt(squares / (n - 1) / n)};
}

double student_quantile(Index degrees_of_freedom) {
    if (degrees_of_freedom < 1) return std::numeric_limits<double>::quiet_NaN();
    if (degrees_of_freedom == 1) return 12.706204736432095;
    if (degrees_of_freedom == 2) return 4.302652729911275;
    constexpr double z = 1.959963984540054;  // of the normal distribution
    constexpr double z2 = z * z;
    constexpr double terms[] = {
        z * (z2 + 1) / 4, z * ((5 * z2 + 16) * z2 + 3) / 96,
        z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
        z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160};
    const double inverse = 1 / static_cast<double>(degrees_of_freedom);
    return z +
           inverse * (terms[0] + inverse * (terms[1] + inverse * (terms[2] + inverse * terms[3])));
}

}  // namespace dualtape::curvature
