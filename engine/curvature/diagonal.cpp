#include "engine/curvature/diagonal.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/curvature/normalised_operator.h"
#include "engine/curvature/sketch.h"

namespace dualtape::curvature {

namespace {

void check(const char* name, const DiagonalSettings& settings, Index least) {
    if (settings.budget < least || settings.block < 1) {
        throw std::invalid_argument(std::string(name) + ": a budget of " +
                                    std::to_string(settings.budget) + " in blocks of " +
                                    std::to_string(settings.block) + "; use " +
                                    std::to_string(least) + " or more in blocks of 1 or more");
    }
}

// Mean and squared deviations of vectors that come one by one (Welford 1962): no cancellation where
// the deviation is far below the mean.
class Moments {
  public:
    explicit Moments(Index size) : mean_(Vec<double>::Zero(size)), squares_(mean_) {}

    void add(const Vec<double>& sample) {
        const Vec<double> before = sample - mean_;
        mean_ += before / static_cast<double>(++count_);
        squares_.array() += before.array() * (sample - mean_).array();
    }
    // Samples were in this unit.
    DiagonalEstimate estimate(double unit, Index products) const {
        const auto n = static_cast<double>(count_);
        return {unit * mean_, unit * (squares_ / (n - 1) / n).cwiseSqrt(), count_, products};
    }

  private:
    Vec<double> mean_, squares_;
    Index count_ = 0;
};

}  // namespace

template <class Scalar>
DiagonalEstimate rademacher_diagonal(const Operator<Scalar>& matrix,
                                     const DiagonalSettings& settings) {
    check("diagonal", settings, 1);
    const Index p = matrix.rows();
    const NormalisedOperator<Scalar> scaled(matrix);
    Moments moments(p);
    for (Index first = 0; first < settings.budget; first += settings.block) {
        Mat<Scalar> v(p, std::min(settings.block, settings.budget - first)), av(p, v.cols());
        fill_probes<Scalar>(Probe::rademacher, settings.seed, "diagonal", first, v);
        scaled.apply(v, av);
        for (Index c = 0; c < v.cols(); ++c) {
            moments.add(v.col(c).cwiseProduct(av.col(c)).template cast<double>());
        }
    }
    return moments.estimate(scaled.unit(), settings.budget);
}

template <class Scalar>
DiagonalEstimate xdiag(const Operator<Scalar>& matrix, const DiagonalSettings& settings) {
    check("xdiag", settings, 4);
    const Index p = matrix.rows(), s = std::min(settings.budget / 2, p);
    TraceSettings<Scalar> probes;
    probes.seed = settings.seed;
    probes.block = settings.block;
    probes.threads = settings.threads;
    const NormalisedOperator<Scalar> scaled(matrix);
    const RangeSketch<Scalar> sketch = sketch_range(scaled, s, "diagonal", probes);

    // Z = AQ and the diagonal of QQ'A.
    Mat<Scalar> z(p, s);
    for (Index first = 0; first < s; first += settings.block) {
        const Index width = std::min(settings.block, s - first);
        scaled.apply(sketch.range.block(first, width), z.middleCols(first, width));
    }
    Vec<double> whole = Vec<double>::Zero(p);
    for (Index c = 0; c < s; ++c) {
        whole += sketch.range.block(c, 1).template cast<double>().cwiseProduct(
            z.col(c).template cast<double>());
    }

    // With q = Q s_i: Q_i Q_i'A = QQ'A - q (Z s_i)' and (I - Q_i Q_i') A omega_i = q (s_i'r_i).
    Moments moments(p);
    for (Index i = 0; i < s; ++i) {
        const Mat<double> out = sketch.left_out.col(i);
        const Vec<double> q = sketch.range.combine(0, out).template cast<double>();
        const Vec<double> zs = (z * out.template cast<Scalar>()).template cast<double>();
        Mat<Scalar> omega(p, 1);
        fill_probes<Scalar>(Probe::rademacher, settings.seed, "diagonal", i, omega);
        const double rest = out.col(0).dot(sketch.r.col(i));
        moments.add(whole + q.cwiseProduct(rest * omega.template cast<double>() - zs));
    }
    return moments.estimate(scaled.unit(), 2 * s);
}

#define DUALTAPE_DIAGONAL(Scalar)                                           \
    template DiagonalEstimate rademacher_diagonal(const Operator<Scalar>&,  \
                                                  const DiagonalSettings&); \
    template DiagonalEstimate xdiag(const Operator<Scalar>&, const DiagonalSettings&);
DUALTAPE_DIAGONAL(float)
DUALTAPE_DIAGONAL(double)

}  // namespace dualtape::curvature
