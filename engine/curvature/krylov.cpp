#include "engine/curvature/krylov.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/length.h"
#include "engine/kernels/random.h"

namespace dualtape::curvature {

namespace {

Vec<double> column_lengths(const Mat<double>& x) {
    Vec<double> lengths(x.cols());
    for (Index c = 0; c < x.cols(); ++c) lengths[c] = length(x.col(c));
    return lengths;
}

}  // namespace

std::vector<Index> choose(const Vec<double>& values, const Wanted& wanted) {
    std::vector<Index> chosen;
    const Index n = values.size();
    if (wanted.magnitude > 0) {
        chosen.resize(static_cast<std::size_t>(n));
        std::iota(chosen.begin(), chosen.end(), Index{0});
        std::stable_sort(chosen.begin(), chosen.end(), [&](Index a, Index b) {
            return std::abs(values[a]) > std::abs(values[b]);
        });
        chosen.resize(static_cast<std::size_t>(std::min(wanted.magnitude, n)));
        return chosen;
    }
    const Index largest = std::min(wanted.largest, n);
    for (Index i = 0; i < largest; ++i) chosen.push_back(n - 1 - i);
    for (Index i = 0; i < std::min(wanted.smallest, n - largest); ++i) chosen.push_back(i);
    return chosen;
}

template <class Scalar>
Krylov<Scalar>::Krylov(const Operator<Scalar>& matrix, const KrylovSettings& settings)
    : matrix_(matrix),
      settings_(settings),
      basis_(matrix.rows(), settings.limit + settings.locked + settings.block, settings.threads),
      t_(Mat<double>::Zero(settings.limit + settings.block, settings.limit + settings.block)) {}

template <class Scalar>
void Krylov<Scalar>::begin(const Mat<Scalar>& locked, const Mat<Scalar>& start) {
    basis_.clear();
    basis_.append(locked, locked.cols(), 0, settings_.seed, draw_);
    locked_ = locked.cols();
    size_ = 0;
    const Index width = std::min(settings_.block, matrix_.rows() - locked_);
    Mat<Scalar> first(matrix_.rows(), width);
    kernels::Stream(settings_.seed, "probes", draw_++).fill_normal(first.data(), first.size());
    if (start.size() > 0) {
        // A little of a random vector keeps a component in every eigenspace.
        Mat<Scalar> mixture(start.cols(), width);
        kernels::Stream(settings_.seed, "probes", draw_++)
            .fill_normal(mixture.data(), mixture.size());
        for (Index c = 0; c < width; ++c) first.col(c).normalize();
        first = start * mixture + Scalar(1e-3) * first;
    }
    basis_.project_out(first);
    basis_.append(first, width, 0, settings_.seed, draw_);
    width_ = first_width_ = width;
    is_whole_ = true;
    t_.setZero();
    coupling_ = Mat<double>();
}

template <class Scalar>
bool Krylov<Scalar>::expand() {
    Mat<Scalar> w(matrix_.rows(), width_);
    matrix_.apply(basis_.block(locked_ + size_, width_), w);
    products_ += width_;
    if (!w.allFinite()) return false;
    const Mat<double> h = basis_.project_out(w).bottomRows(size_ + width_);
    t_.block(0, size_, size_ + width_, width_) = h;
    t_.block(size_, 0, width_, size_) = h.topRows(size_).transpose();
    size_ += width_;
    norm_ = std::max(norm_, column_lengths(h).maxCoeff());
    const Index room = matrix_.rows() - locked_ - size_;
    const double roundoff = std::numeric_limits<Scalar>::epsilon();
    const double threshold = 10 * roundoff * std::sqrt(static_cast<double>(matrix_.rows())) * norm_;
    const Index before = basis_.size();
    coupling_ = basis_.append(w, std::min(settings_.block, room), threshold, settings_.seed, draw_);
    width_ = basis_.size() - before;
    return true;
}

template <class Scalar>
void Krylov<Scalar>::project() {
    const Mat<double> t = t_.topLeftCorner(size_, size_);
    DenseSpectrum eigen = dense_spectrum(0.5 * (t + t.transpose()));
    values_ = std::move(eigen.values);
    rotation_ = std::move(eigen.vectors);
    residuals_ = coupling_.rows() == 0
                     ? Vec<double>(Vec<double>::Zero(size_))
                     : column_lengths(coupling_ * rotation_.bottomRows(coupling_.cols()));
    norm_ = std::max(norm_, values_.cwiseAbs().maxCoeff());
}

// The dropped Ritz values span [a, b]. In j more steps the components there fall, against a wanted
// one at distance d from [a, b], by the Chebyshev factor C_j(x) = cosh(j acosh x) with
//   x = 1 + 2 d / (b - a).
// Keeping more vectors narrows [a, b] and leaves fewer steps. The best numbers at the two ends are
// those with the largest exponent j acosh x, for the wanted value that is next to [a, b].
// Source: Yamazaki, Bai, Simon, Wang & Wu 2010, with the limit of small d,
// j sqrt(d / (b - a)), in place of the exponent.
template <class Scalar>
Wanted Krylov<Scalar>::to_keep(const Wanted& wanted) const {
    const Index most = settings_.limit - 2 * settings_.block;
    Wanted best = wanted;
    double best_exponent = 0;
    const auto consider = [&](const Wanted& kept, double distance, double width) {
        const auto steps = static_cast<double>((settings_.limit - kept.all()) / settings_.block);
        const double exponent = steps * std::acosh(1 + 2 * distance / width);
        if (!(exponent > best_exponent)) return;
        best_exponent = exponent;
        best = kept;
    };
    if (wanted.magnitude > 0) {
        Vec<double> moduli = values_.cwiseAbs();
        std::sort(moduli.begin(), moduli.end(), std::greater<>());
        for (Index kept = wanted.magnitude; kept <= most; ++kept) {
            consider({0, 0, kept}, moduli[wanted.magnitude - 1] - moduli[kept], 2 * moduli[kept]);
        }
        return best;
    }
    for (Index top = wanted.largest; top + wanted.smallest <= most; ++top) {
        for (Index bottom = wanted.smallest; top + bottom <= most; ++bottom) {
            const double a = values_[bottom], b = values_[size_ - 1 - top];
            double distance = std::numeric_limits<double>::infinity();
            if (wanted.largest > 0) distance = values_[size_ - wanted.largest] - b;
            if (wanted.smallest > 0) {
                distance = std::min(distance, a - values_[wanted.smallest - 1]);
            }
            consider({top, bottom, 0}, distance, b - a);
        }
    }
    return best;
}

template <class Scalar>
void Krylov<Scalar>::restart(const Wanted& wanted) {
    std::vector<Index> chosen = choose(values_, to_keep(wanted));
    std::sort(chosen.begin(), chosen.end());
    const auto count = static_cast<Index>(chosen.size());
    Mat<double> s(size_, count);
    Vec<double> kept_values(count), kept_residuals(count);
    for (Index i = 0; i < count; ++i) {
        const Index from = chosen[static_cast<std::size_t>(i)];
        s.col(i) = rotation_.col(from);
        kept_values[i] = values_[from];
        kept_residuals[i] = residuals_[from];
    }
    basis_.rotate(locked_, s, width_);
    size_ = count;
    t_.setZero();
    t_.topLeftCorner(count, count) = kept_values.asDiagonal();
    values_ = kept_values;
    residuals_ = kept_residuals;
    rotation_ = Mat<double>::Identity(count, count);
    is_whole_ = false;
    ++restarts_;
    // Orthogonality is lost slowly, by the rotations.
    if (restarts_ % 20 == 0 && basis_.orthogonality_error() > kOrthogonality) {
        basis_.reorthonormalise();
    }
}

template <class Scalar>
Mat<Scalar> Krylov<Scalar>::vectors(const std::vector<Index>& chosen) const {
    Mat<double> s(rotation_.rows(), static_cast<Index>(chosen.size()));
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        s.col(static_cast<Index>(i)) = rotation_.col(chosen[i]);
    }
    return basis_.combine(locked_, s);
}

template <class Scalar>
double Krylov<Scalar>::hidden_weight(double x, Index from, Index to) const {
    if (!is_whole_ || values_.size() == 0) return 1;
    const Index rows = coupling_.rows();
    if (rows == 0) return 0;
    Mat<double> m = Mat<double>::Zero(first_width_, rows), g = Mat<double>::Identity(rows, rows);
    double side = 0;
    for (Index i = 0; i < values_.size(); ++i) {
        if (i >= from && i < to) continue;
        const double distance = x - values_[i];
        if (distance == 0 || distance * side < 0) return 1;
        side = distance;
        const Vec<double> out = coupling_ * rotation_.col(i).tail(coupling_.cols()) / distance;
        m += rotation_.col(i).head(first_width_) * out.transpose();
        g += out * out.transpose();
    }
    const DenseSpectrum inverse = dense_spectrum(g);
    const Mat<double> root =
        m * inverse.vectors * inverse.values.cwiseSqrt().cwiseInverse().asDiagonal();
    return dense_eigenvalues(root * root.transpose()).maxCoeff();
}

template <class Scalar>
double Krylov<Scalar>::least_weight() const {
    constexpr double kChance = 1e-3;
    const double half = 0.5 * static_cast<double>(first_width_);
    const auto rows = static_cast<double>(matrix_.rows() - locked_);
    return 2 * std::pow(kChance * std::tgamma(half + 1), 1 / half) / rows;
}

template class Krylov<float>;
template class Krylov<double>;

}  // namespace dualtape::curvature
