#include "engine/curvature/lanczos.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "engine/curvature/bounds.h"
#include "engine/curvature/krylov.h"

namespace dualtape::curvature {

namespace {

// Relative error of a product.
template <class Scalar>
double noise(const LanczosSettings<Scalar>& settings) {
    return settings.product_noise > 0 ? settings.product_noise
                                      : 10.0 * std::numeric_limits<Scalar>::epsilon();
}

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
        block_ = std::clamp<Index>(settings.block, 1, 16);
        const Index basis =
            settings.basis > 0 ? settings.basis : std::max(3 * wanted_.all() + 8, 32 * block_);
        limit_ = std::min(std::max(basis, wanted_.all() + 4 * block_), matrix.rows());
    }

    Eigenpairs<Scalar> run() {
        Eigenpairs<Scalar> result;
        if (wanted_.all() == 0 || matrix_.rows() == 0) {
            result.status = LanczosStatus::converged;
            return result;
        }
        Krylov<Scalar> krylov(matrix_,
                              {block_, limit_, wanted_.all(), settings_.seed, settings_.threads});
        krylov.begin(Mat<Scalar>(matrix_.rows(), 0), settings_.start);
        result.status = converge(krylov, wanted_);
        result.products = krylov.products();
        take(krylov, wanted_);
        const bool may_verify = settings_.verifies && result.status == LanczosStatus::converged &&
                                !krylov.is_complete();
        if (may_verify) result.found_by_check = verify(krylov, result.status);
        result.restarts = krylov.restarts();
        result.norm = krylov.norm();
        measure_residuals(result.check_products);
        result.check_products += krylov.products() - result.products;
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

    // The residual that a pair of this value may have.
    double allowed(const Krylov<Scalar>& krylov, double value) const {
        const double roundoff = std::numeric_limits<Scalar>::epsilon();
        const double floor = settings_.floor > 0 ? settings_.floor : std::pow(roundoff, 2.0 / 3.0);
        return tolerance_ * std::max(std::abs(value), floor * krylov.norm());
    }

    // Runs until the wanted pairs of the Krylov space have converged.
    LanczosStatus converge(Krylov<Scalar>& krylov, const Wanted& wanted) {
        std::vector<double> history;  // worst relative residual at every restart
        Index next_look = std::min(wanted.all(), limit_);
        for (;;) {
            if (!krylov.expand()) return LanczosStatus::nonfinite;
            const bool is_spent = krylov.products() >= settings_.max_products;
            if (krylov.size() < next_look && !krylov.is_full() && !is_spent) continue;
            krylov.project();
            // The small eigenproblem can cost as much as a product: it is solved every tenth
            // column.
            next_look = krylov.size() + krylov.size() / 10;
            double worst = 0, worst_absolute = 0;
            Index converged = 0;
            const std::vector<Index> chosen = choose(krylov.values(), wanted);
            for (const Index i : chosen) {
                const double bound = allowed(krylov, krylov.values()[i]);
                const bool is_converged = krylov.residuals()[i] <= bound;
                converged += is_converged ? 1 : 0;
                worst = std::max(worst, is_converged ? 0 : krylov.residuals()[i] / bound);
                worst_absolute = std::max(worst_absolute, is_converged ? 0 : krylov.residuals()[i]);
            }
            if (settings_.progress) {
                const LanczosProgress state{krylov.products(),
                                            krylov.restarts(),
                                            krylov.size(),
                                            limit_,
                                            krylov.values()[krylov.values().size() - 1],
                                            krylov.values()[0],
                                            converged,
                                            wanted.all(),
                                            worst};
                if (!settings_.progress(state)) return LanczosStatus::cancelled;
            }
            if (converged == wanted.all() || krylov.is_complete()) return LanczosStatus::converged;
            if (is_spent) return LanczosStatus::budget;
            if (!krylov.is_full()) continue;
            history.push_back(worst);
            const std::size_t now = history.size();
            const bool stalls = now > 3 && history[now - 1] > 0.9 * history[now - 4];
            if (stalls && worst_absolute <= 50 * noise(settings_) * krylov.norm())
                return LanczosStatus::stagnated;
            krylov.restart(wanted);
            next_look = krylov.size();
        }
    }

    // Adds the wanted pairs of a Krylov space to the found ones and keeps the best.
    void take(const Krylov<Scalar>& krylov, const Wanted& wanted) {
        if (krylov.values().size() == 0) return;
        for (Index i = 0; i < krylov.values().size(); ++i) {
            ritz_.push_back({krylov.values()[i], krylov.residuals()[i], krylov.residuals()[i]});
        }
        const std::vector<Index> chosen = choose(krylov.values(), wanted);
        const Mat<Scalar> more = krylov.vectors(chosen);
        Mat<Scalar> all(matrix_.rows(), vectors_.cols() + more.cols());
        all << vectors_, more;
        for (const Index i : chosen) {
            found_.push_back({krylov.values()[i], krylov.residuals()[i], krylov.residuals()[i]});
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
        std::vector<RitzPair> best;
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
            const Index budget = krylov.products() + std::max<Index>(limit_, 48);
            const Wanted one_each = wanted_.magnitude > 0 ? Wanted{0, 0, 1} : Wanted{1, 1, 0};
            Wanted beyond;
            while (krylov.products() < budget && !krylov.is_complete()) {
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
            status = converge(krylov, beyond);
            take(krylov, beyond);
            if (status != LanczosStatus::converged) return added;
        }
        return added;
    }

    // The least wanted pair at one end.
    const RitzPair& least(bool at_top) const {
        return found_[static_cast<std::size_t>(at_top ? wanted_.largest - 1 : wanted_.all() - 1)];
    }

    Wanted count_beyond(const Krylov<Scalar>& krylov) const {
        Wanted beyond;
        const auto margin = [&](const RitzPair& edge) {
            return edge.estimate + 10 * noise(settings_) * krylov.norm();
        };
        for (Index i = 0; i < krylov.values().size(); ++i) {
            const double value = krylov.values()[i];
            if (wanted_.magnitude > 0) {
                const RitzPair& edge = least(false);
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
        const Index n = krylov.values().size();
        if (wanted_.magnitude > 0 || n < 2) return false;
        const bool top =
            wanted_.largest == 0 ||
            krylov.residuals()[n - 1] < 0.1 * (least(true).value - krylov.values()[n - 1]);
        const bool bottom = wanted_.smallest == 0 ||
                            krylov.residuals()[0] < 0.1 * (krylov.values()[0] - least(false).value);
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

    void report(const Krylov<Scalar>& krylov, Eigenpairs<Scalar>& result) const {
        const double floor = 10 * noise(settings_) * krylov.norm();
        std::vector<EigenPair> pairs = bound_pairs(found_, ritz_, tolerance_, floor);
        for (EigenPair& pair : pairs) {
            pair.is_converged = result.status == LanczosStatus::converged ||
                                pair.estimate <= allowed(krylov, pair.value);
        }
        const Index top = std::min(wanted_.largest + wanted_.magnitude, vectors_.cols());
        result.largest.assign(pairs.begin(), pairs.begin() + top);
        result.smallest.assign(pairs.begin() + top, pairs.end());
        result.largest_vectors = vectors_.leftCols(top);
        result.smallest_vectors = vectors_.rightCols(vectors_.cols() - top);
    }

    const Operator<Scalar>& matrix_;
    const LanczosSettings<Scalar>& settings_;
    Wanted wanted_;
    double tolerance_ = 0;
    Index block_ = 0, limit_ = 0;
    std::vector<RitzPair> found_;  // largest first, then smallest
    std::vector<RitzPair> ritz_;   // all Ritz values of the runs, for gaps
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
