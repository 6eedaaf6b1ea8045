#include "engine/curvature/resolution.h"

#include <limits>

namespace dualtape::curvature {

double resolution(const ProbeQuadrature& probe, double x) {
    if (probe.is_exact) return 0;
    const Vec<double>&a = probe.diagonal, &b = probe.couplings;
    if (a.size() == 0) return std::numeric_limits<double>::quiet_NaN();
    // b_j p_{j+1} = (x - a_j) p_j - b_{j-1} p_{j-1}, up to where one is next to nothing.
    double before = 0, p = 1, sum = 1;
    for (Index j = 0; j < b.size() && sum < 1e200; ++j) {
        const double back = j > 0 ? b[j - 1] / b[j] : 0.0;
        const double next = (x - a[j]) / b[j] * p - back * before;
        before = p;
        p = next;
        sum += p * p;
    }
    return 1 / sum;
}

}  // namespace dualtape::curvature
