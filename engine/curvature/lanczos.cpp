#include "engine/curvature/lanczos.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include <Eigen/Eigenvalues>

#include "engine/curvature/basis.h"
#include "engine/kernels/random.h"

namespace dualtape::curvature {

namespace {

// How many pairs are wanted at each end, or by modulus.
struct Wanted {
    Index largest = 0, smallest = 0, magnitude = 0;
    Index all() const { return largest + smallest + magnitude; }
};

// Indices into ascending Ritz values, most wanted first: largest ones, then smallest ones.
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

// Relative error of a product.
template <class Scalar>
double noise(const LanczosSettings<Scalar>& settings) {
    return settings.product_noise > 0 ? settings.product_noise
                                      : 10.0 * std::numeric_limits<Scalar>::epsilon();
}

// A block Krylov space beside locked eigenvectors, which stay projected out.
template <class Scalar>
class Krylov {
  public:
    Krylov(const Operator<Scalar>& matrix, const LanczosSettings<Scalar>& settings, Index limit,
           Index locked_capacity, double tolerance)
        : matrix_(matrix),
          settings_(settings),
          limit_(limit),
          block_(std::clamp<Index>(settings.block, 1, 16)),
          tolerance_(tolerance),
          basis_(matrix.rows(), limit + locked_capacity + block_, settings.threads),
          t_(Mat<double>::Zero(limit + block_, limit + block_)) {}

    // Step 1. The first block: mixtures of the start vectors, or random.
    void begin(const Mat<Scalar>& locked, const Mat<Scalar>& start) {
        basis_.clear();
        basis_.append(locked, locked.cols(), 0, settings_.seed, draw_);
        locked_ = locked.cols();
        size_ = 0;
        const Index width = std::min(block_, matrix_.rows() - locked_);
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
        width_ = width;
        t_.setZero();
        coupling_ = Mat<double>();
    }

    // Step 2. One block product; the basis grows by a block. False if it is not finite.
    bool expand() {
        Mat<Scalar> w(matrix_.rows(), width_);
        matrix_.apply(basis_.block(locked_ + size_, width_), w);
        products += width_;
        if (!w.allFinite()) return false;
        const Mat<double> h = basis_.project_out(w).bottomRows(size_ + width_);
        t_.block(0, size_, size_ + width_, width_) = h;
        t_.block(size_, 0, width_, size_) = h.topRows(size_).transpose();
        size_ += width_;
        norm = std::max(norm, h.colwise().norm().maxCoeff());
        const Index room = matrix_.rows() - locked_ - size_;
        const double roundoff = std::numeric_limits<Scalar>::epsilon();
        const double threshold =
            10 * roundoff * std::sqrt(static_cast<double>(matrix_.rows())) * norm;
        const Index before = basis_.size();
        coupling_ = basis_.append(w, std::min(block_, room), threshold, settings_.seed, draw_);
        width_ = basis_.size() - before;
        return true;
    }

    // Step 3. Ritz values, and residual estimates |coupling times the last rows|.
    void project() {
        const Mat<double> t = t_.topLeftCorner(size_, size_);
        const Eigen::SelfAdjointEigenSolver<Mat<double>> solver(0.5 * (t + t.transpose()));
        values = solver.eigenvalues();
        rotation = solver.eigenvectors();
        residuals = coupling_.rows() == 0
                        ? Vec<double>(Vec<double>::Zero(size_))
                        : Vec<double>((coupling_ * rotation.bottomRows(coupling_.cols()))
                                          .colwise()
                                          .norm()
                                          .transpose());
        norm = std::max(norm, values.cwiseAbs().maxCoeff());
    }

    // Step 4. The residual that a pair of this value may have.
    double allowed(double value) const {
        const double roundoff = std::numeric_limits<Scalar>::epsilon();
        const double floor = settings_.floor > 0 ? settings_.floor : std::pow(roundoff, 2.0 / 3.0);
        return tolerance_ * std::max(std::abs(value), floor * norm);
    }

    // Step 5. Keeps the wanted pairs and half of the others, at each end in proportion.
    void restart(const Wanted& wanted) {
        const Index extra = std::max<Index>((size_ - wanted.all()) / 2, 0);
        Wanted kept = wanted;
        if (wanted.magnitude > 0) {
            kept.magnitude += extra;
        } else {
            const Index at_top = extra * wanted.largest / std::max<Index>(wanted.all(), 1);
            kept.largest += at_top;
            kept.smallest += extra - at_top;
        }
        std::vector<Index> chosen = choose(values, kept);
        const Index most = limit_ - 2 * block_;
        if (static_cast<Index>(chosen.size()) > most) chosen.resize(static_cast<std::size_t>(most));
        std::sort(chosen.begin(), chosen.end());
        const auto count = static_cast<Index>(chosen.size());
        Mat<double> s(size_, count);
        Vec<double> kept_values(count), kept_residuals(count);
        for (Index i = 0; i < count; ++i) {
            const Index from = chosen[static_cast<std::size_t>(i)];
            s.col(i) = rotation.col(from);
            kept_values[i] = values[from];
            kept_residuals[i] = residuals[from];
        }
        basis_.rotate(locked_, s, width_);
        size_ = count;
        t_.setZero();
        t_.topLeftCorner(count, count) = kept_values.asDiagonal();
        values = kept_values;
        residuals = kept_residuals;
        rotation = Mat<double>::Identity(count, count);
        ++restarts;
        // Orthogonality is lost slowly, by the rotations.
        if (restarts % 20 == 0 && basis_.orthogonality_error() > kOrthogonality) {
            basis_.reorthonormalise();
        }
    }

    bool is_full() const { return size_ + width_ > limit_ || is_complete(); }
    bool is_complete() const { return width_ == 0; }  // the basis spans the whole space
    Index size() const { return size_; }
    Mat<Scalar> vectors(const std::vector<Index>& chosen) const {
        Mat<double> s(rotation.rows(), static_cast<Index>(chosen.size()));
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            s.col(static_cast<Index>(i)) = rotation.col(chosen[i]);
        }
        return basis_.combine(locked_, s);
    }

    Vec<double> values, residuals;
    Mat<double> rotation;
    Index products = 0, restarts = 0;
    double norm = 0;  // estimate of |A|

  private:
    static constexpr double kOrthogonality =
        sizeof(Scalar) == 8 ? 1e-12 : 1e-4;  // 2e-13 was measured after 400 restarts in double

    const Operator<Scalar>& matrix_;
    const LanczosSettings<Scalar>& settings_;
    Index limit_, block_;
    double tolerance_;
    Basis<Scalar> basis_;  // locked | Krylov | next block
    Mat<double> t_;        // the matrix in the Krylov basis
    Mat<double> coupling_;
    Index locked_ = 0, size_ = 0, width_ = 0;
    std::uint64_t draw_ = 0;
};

// Runs until the wanted pairs of the Krylov space have converged.
template <class Scalar>
LanczosStatus converge(Krylov<Scalar>& krylov, const Wanted& wanted,
                       const LanczosSettings<Scalar>& settings, Index limit) {
    std::vector<double> history;  // worst relative residual at every restart
    Index next_look = std::min(wanted.all(), limit);
    for (;;) {
        if (!krylov.expand()) return LanczosStatus::nonfinite;
        const bool is_spent = krylov.products >= settings.max_products;
        if (krylov.size() < next_look && !krylov.is_full() && !is_spent) continue;
        krylov.project();
        // The small eigenproblem can cost as much as a product: it is solved every tenth column.
        next_look = krylov.size() + krylov.size() / 10;
        double worst = 0, worst_absolute = 0;
        Index converged = 0;
        const std::vector<Index> chosen = choose(krylov.values, wanted);
        for (const Index i : chosen) {
            const double allowed = krylov.allowed(krylov.values[i]);
            const bool is_converged = krylov.residuals[i] <= allowed;
            converged += is_converged ? 1 : 0;
            worst = std::max(worst, is_converged ? 0 : krylov.residuals[i] / allowed);
            worst_absolute = std::max(worst_absolute, is_converged ? 0 : krylov.residuals[i]);
        }
        if (settings.progress) {
            const LanczosProgress state{krylov.products,
                                        krylov.restarts,
                                        krylov.size(),
                                        limit,
                                        krylov.values[krylov.values.size() - 1],
                                        krylov.values[0],
                                        converged,
                                        wanted.all(),
                                        worst};
            if (!settings.progress(state)) return LanczosStatus::cancelled;
        }
        if (converged == wanted.all() || krylov.is_complete()) return LanczosStatus::converged;
        if (is_spent) return LanczosStatus::budget;
        if (!krylov.is_full()) continue;
        history.push_back(worst);
        const std::size_t now = history.size();
        const bool stalls = now > 3 && history[now - 1] > 0.9 * history[now - 4];
        if (stalls && worst_absolute <= 50 * noise(settings) * krylov.norm)
            return LanczosStatus::stagnated;
        krylov.restart(wanted);
        next_look = krylov.size();
    }
}

struct Found {
    double value, estimate, residual;
};

template <class Scalar>
class Solve {
  public:
    Solve(const Operator<Scalar>& matrix, const LanczosSettings<Scalar>& settings)
        : matrix_(matrix), settings_(settings), vectors_(matrix.rows(), 0) {
        wanted_ = {settings.largest, settings.smallest, 0};
        if (settings.largest_magnitude > 0) wanted_ = {0, 0, settings.largest_magnitude};
        const double roundoff = std::numeric_limits<Scalar>::epsilon();
        tolerance_ = settings.tolerance > 0 ? settings.tolerance : roundoff < 1e-10 ? 1e-8 : 1e-4;
        check();
        const Index block = std::clamp<Index>(settings.block, 1, 16);
        const Index basis =
            settings.basis > 0 ? settings.basis : std::max(3 * wanted_.all() + 8, 32 * block);
        limit_ = std::min(std::max(basis, wanted_.all() + 4 * block), matrix.rows());
    }

    Eigenpairs<Scalar> run() {
        Eigenpairs<Scalar> result;
        if (wanted_.all() == 0 || matrix_.rows() == 0) {
            result.status = LanczosStatus::converged;
            return result;
        }
        Krylov<Scalar> krylov(matrix_, settings_, limit_, wanted_.all(), tolerance_);
        krylov.begin(Mat<Scalar>(matrix_.rows(), 0), settings_.start);
        result.status = converge(krylov, wanted_, settings_, limit_);
        result.products = krylov.products;
        take(krylov, wanted_);
        const bool may_verify = settings_.verifies && result.status == LanczosStatus::converged &&
                                !krylov.is_complete();
        if (may_verify) result.found_by_check = verify(krylov, result.status);
        result.restarts = krylov.restarts;
        result.norm = krylov.norm;
        measure_residuals(result.check_products);
        result.check_products += krylov.products - result.products;
        report(krylov, result);
        return result;
    }

  private:
    void check() const {
        const auto refuse = [](const std::string& message) {
            throw std::invalid_argument("lanczos: " + message);
        };
        if (wanted_.largest < 0 || wanted_.smallest < 0) {
            refuse("a negative number of eigenvalues is wanted; use 0 or more");
        }
        if (wanted_.all() > matrix_.rows()) {
            refuse(std::to_string(wanted_.all()) + " eigenvalues are wanted of a matrix that has " +
                   std::to_string(matrix_.rows()) + "; ask for fewer");
        }
        if (settings_.block < 1) {
            refuse("block is " + std::to_string(settings_.block) + "; use 1 to 16");
        }
        if (!(settings_.floor >= 0 && settings_.floor <= 1)) {
            refuse("floor " + std::to_string(settings_.floor) +
                   " is not a share of the norm; use 0 to 1");
        }
        if (sizeof(Scalar) == 4 && tolerance_ < 1e-5) {
            refuse("tolerance " + std::to_string(tolerance_) +
                   " is out of reach in float; use 1e-5 or more, or double");
        }
        if (settings_.start.size() > 0 && settings_.start.rows() != matrix_.rows()) {
            refuse("start has " + std::to_string(settings_.start.rows()) +
                   " rows for a matrix of " + std::to_string(matrix_.rows()));
        }
    }

    // Adds the wanted pairs of a Krylov space to the found ones and keeps the best.
    void take(const Krylov<Scalar>& krylov, const Wanted& wanted) {
        if (krylov.values.size() == 0) return;
        for (Index i = 0; i < krylov.values.size(); ++i) {
            ritz_.push_back({krylov.values[i], krylov.residuals[i], krylov.residuals[i]});
        }
        const std::vector<Index> chosen = choose(krylov.values, wanted);
        const Mat<Scalar> more = krylov.vectors(chosen);
        Mat<Scalar> all(matrix_.rows(), vectors_.cols() + more.cols());
        all << vectors_, more;
        for (const Index i : chosen) {
            found_.push_back({krylov.values[i], krylov.residuals[i], krylov.residuals[i]});
        }
        // Ascending order of values lets `choose` pick again.
        std::vector<std::size_t> order(found_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return found_[a].value < found_[b].value;
        });
        Vec<double> values(static_cast<Index>(order.size()));
        for (std::size_t i = 0; i < order.size(); ++i) {
            values[static_cast<Index>(i)] = found_[order[i]].value;
        }
        std::vector<Found> best;
        const std::vector<Index> picked = choose(values, wanted_);
        vectors_.resize(matrix_.rows(), static_cast<Index>(picked.size()));
        for (std::size_t i = 0; i < picked.size(); ++i) {
            const std::size_t from = order[static_cast<std::size_t>(picked[i])];
            best.push_back(found_[from]);
            vectors_.col(static_cast<Index>(i)) = all.col(static_cast<Index>(from));
        }
        found_ = best;
    }

    // Step 7. A short run orthogonal to what was found. Ritz values never lie beyond the spectrum,
    // so one beyond the least wanted value means a missed copy; then the solve goes on there.
    Index verify(Krylov<Scalar>& krylov, LanczosStatus& status) {
        Index added = 0;
        for (int round = 0; round < 8; ++round) {
            krylov.begin(vectors_, Mat<Scalar>());
            const Index budget = krylov.products + std::max<Index>(limit_, 48);
            const Wanted one_each = wanted_.magnitude > 0 ? Wanted{0, 0, 1} : Wanted{1, 1, 0};
            Wanted beyond;
            while (krylov.products < budget && !krylov.is_complete()) {
                if (!krylov.expand()) {
                    status = LanczosStatus::nonfinite;
                    return added;
                }
                krylov.project();
                beyond = count_beyond(krylov);
                if (beyond.all() > 0 || is_settled(krylov)) break;
                if (krylov.is_full() && !krylov.is_complete()) krylov.restart(one_each);
            }
            if (beyond.all() == 0) return added;
            added += beyond.all();
            status = converge(krylov, beyond, settings_, limit_);
            take(krylov, beyond);
            if (status != LanczosStatus::converged) return added;
        }
        return added;
    }

    // The least wanted pair at one end.
    const Found& least(bool at_top) const {
        return found_[static_cast<std::size_t>(at_top ? wanted_.largest - 1 : wanted_.all() - 1)];
    }

    Wanted count_beyond(const Krylov<Scalar>& krylov) const {
        Wanted beyond;
        const auto margin = [&](const Found& edge) {
            return edge.estimate + 10 * noise(settings_) * krylov.norm;
        };
        for (Index i = 0; i < krylov.values.size(); ++i) {
            const double value = krylov.values[i];
            if (wanted_.magnitude > 0) {
                const Found& edge = least(false);
                if (std::abs(value) > std::abs(edge.value) + margin(edge)) ++beyond.magnitude;
                continue;
            }
            if (wanted_.largest > 0 && value > least(true).value + margin(least(true))) {
                ++beyond.largest;
            }
            if (wanted_.smallest > 0 && value < least(false).value - margin(least(false))) {
                ++beyond.smallest;
            }
        }
        return beyond;
    }

    // The extreme Ritz pairs are accurate enough to tell that nothing lies beyond.
    bool is_settled(const Krylov<Scalar>& krylov) const {
        const Index n = krylov.values.size();
        if (wanted_.magnitude > 0 || n < 2) return false;
        const bool top = wanted_.largest == 0 ||
                         krylov.residuals[n - 1] < 0.1 * (least(true).value - krylov.values[n - 1]);
        const bool bottom = wanted_.smallest == 0 ||
                            krylov.residuals[0] < 0.1 * (krylov.values[0] - least(false).value);
        return top && bottom;
    }

    // Step 6. Rayleigh quotients and true residuals by one more block product.
    void measure_residuals(Index& products) {
        if (vectors_.cols() == 0) return;
        Mat<Scalar> product(vectors_.rows(), vectors_.cols());
        matrix_.apply(vectors_, product);
        products += vectors_.cols();
        for (std::size_t i = 0; i < found_.size(); ++i) {
            const Vec<double> y = vectors_.col(static_cast<Index>(i)).template cast<double>();
            const Vec<double> ay = product.col(static_cast<Index>(i)).template cast<double>();
            found_[i].value = y.dot(ay) / y.squaredNorm();
            found_[i].residual = (ay - found_[i].value * y).norm() / y.norm();
        }
    }

    // Bounds from the gap to the nearest Ritz value outside the cluster, less its own residual. A
    // neighbour that is not resolved itself (residual above a quarter of the distance) could hide
    // an eigenvalue closer by; then only the residual bounds the error.
    void report(const Krylov<Scalar>& krylov, Eigenpairs<Scalar>& result) const {
        const double floor = 10 * noise(settings_) * krylov.norm;
        const auto is_same = [&](const Found& a, const Found& b) {
            return std::abs(a.value - b.value) <=
                   a.residual + b.residual + tolerance_ * std::abs(a.value) + floor;
        };
        for (std::size_t i = 0; i < found_.size(); ++i) {
            const Found& found = found_[i];
            EigenPair pair{found.value, found.residual, found.estimate};
            double gap = std::numeric_limits<double>::infinity(), cluster = 0;
            pair.multiplicity = 0;
            const auto narrow = [&](const Found& other) {
                const double distance = std::abs(found.value - other.value);
                const bool is_resolved = other.residual <= 0.25 * distance;
                gap = std::min(gap, is_resolved ? distance - other.residual : 0.0);
            };
            for (const Found& other : found_) {
                if (is_same(found, other)) {
                    ++pair.multiplicity;
                    cluster += other.residual * other.residual;
                } else {
                    narrow(other);
                }
            }
            for (const Found& ritz : ritz_) {
                if (!is_same(found, ritz)) narrow(ritz);
            }
            const bool has_gap = gap * gap > cluster && std::isfinite(gap);
            pair.bound = floor + std::min(found.residual, has_gap ? cluster / gap : found.residual);
            pair.angle = has_gap ? std::min(1.0, std::sqrt(cluster) / gap) : 1.0;
            pair.is_converged = result.status == LanczosStatus::converged ||
                                found.estimate <= krylov.allowed(found.value);
            const bool is_largest =
                wanted_.magnitude > 0 || static_cast<Index>(i) < wanted_.largest;
            (is_largest ? result.largest : result.smallest).push_back(pair);
        }
        const auto top = static_cast<Index>(result.largest.size());
        result.largest_vectors = vectors_.leftCols(top);
        result.smallest_vectors = vectors_.rightCols(vectors_.cols() - top);
    }

    const Operator<Scalar>& matrix_;
    const LanczosSettings<Scalar>& settings_;
    Wanted wanted_;
    double tolerance_ = 0;
    Index limit_ = 0;
    std::vector<Found> found_;  // largest first, then smallest
    std::vector<Found> ritz_;   // all Ritz values of the runs, for gaps
    Mat<Scalar> vectors_;
};

}  // namespace

const char* text(LanczosStatus status) {
    switch (status) {
        case LanczosStatus::converged:
            return "converged";
        case LanczosStatus::budget:
            return "budget";
        case LanczosStatus::stagnated:
            return "stagnated";
        case LanczosStatus::cancelled:
            return "cancelled";
        case LanczosStatus::nonfinite:
            return "nonfinite";
    }
    return "";
}

template <class Scalar>
Eigenpairs<Scalar> lanczos(const Operator<Scalar>& matrix,
                           const LanczosSettings<Scalar>& settings) {
    return Solve<Scalar>(matrix, settings).run();
}

template Eigenpairs<float> lanczos(const Operator<float>&, const LanczosSettings<float>&);
template Eigenpairs<double> lanczos(const Operator<double>&, const LanczosSettings<double>&);

}  // namespace dualtape::curvature
