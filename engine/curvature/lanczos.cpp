#include "engine/curvature/lanczos.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "engine/curvature/basis.h"
#include "engine/curvature/bounds.h"
#include "engine/curvature/completeness.h"
#include "engine/curvature/convergence.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/krylov.h"
#include "engine/curvature/length.h"
#include "engine/curvature/normalised_operator.h"

namespace dualtape::curvature {

namespace {

// Works on the matrix in a unit of its own; results and progress are in that of the matrix.
template <class Scalar>
class Solve {
  public:
    Solve(const Operator<Scalar>& matrix, const LanczosSettings<Scalar>& settings)
        : matrix_(matrix), settings_(settings), vectors_(matrix.rows(), 0) {
        wanted_ = {settings.largest, settings.smallest, 0};
        if (settings.largest_magnitude > 0) wanted_ = {0, 0, settings.largest_magnitude};
        const double roundoff = std::numeric_limits<Scalar>::epsilon();
        criterion_.tolerance = settings.tolerance > 0 ? settings.tolerance
                               : roundoff < 1e-10     ? 1e-8
                                                      : 1e-4;
        criterion_.noise = settings.product_noise > 0 ? settings.product_noise : 10 * roundoff;
        // Residuals below 10 noise |A| are rounding.
        rounding_ = std::max(std::pow(roundoff, 2.0 / 3.0),
                             criterion_.noise_floor(1) / criterion_.tolerance);
        criterion_.floor = settings.floor > 0 ? settings.floor : rounding_;
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
        result.status = converge(
            krylov, [&] { return wanted_; }, [] { return true; }, settings_.max_products);
        result.products = krylov.products();
        take(krylov, wanted_);
        look_for_copies(krylov, result);
        result.restarts = krylov.restarts();
        measure_residuals(krylov.norm(), result);
        result.check_products += krylov.products() - result.products;
        report(krylov.norm(), result);
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
        if (sizeof(Scalar) == 4 && criterion_.tolerance < 1e-5) {
            refuse("tolerance " + std::to_string(criterion_.tolerance) +
                   " is out of reach in float; use 1e-5 or more, or double");
        }
        if (settings_.start.size() > 0 && settings_.start.rows() != matrix_.rows()) {
            refuse("start has " + std::to_string(settings_.start.rows()) +
                   " rows for a matrix of " + std::to_string(matrix_.rows()));
        }
    }

    // Runs until the wanted pairs of the Krylov space, which may become more, have converged and
    // are enough, or as many products are spent.
    template <class WantedNow, class IsEnough>
    LanczosStatus converge(Krylov<Scalar>& krylov, const WantedNow& wanted_now,
                           const IsEnough& is_enough, Index max_products) const {
        Stagnation stagnation(krylov.products(), limit_);
        LookOut look_out;
        Index next_look = 0;
        for (;;) {
            if (!krylov.expand()) return LanczosStatus::nonfinite;
            const bool is_spent = krylov.products() >= max_products;
            if (krylov.size() < next_look && !krylov.is_full() && !is_spent) continue;
            krylov.project();
            const Wanted wanted = wanted_now();
            const Convergence state = assess(criterion_, krylov.values(), krylov.residuals(),
                                             choose(krylov.values(), wanted), krylov.norm());
            if (!is_to_go_on(krylov, wanted, state)) return LanczosStatus::cancelled;
            if ((state.converged == wanted.all() && is_enough()) || krylov.is_complete()) {
                return LanczosStatus::converged;
            }
            if (is_spent) return LanczosStatus::budget;
            if (!krylov.is_full()) {
                next_look = krylov.size() + look_out.wait(krylov.size(), state.worst);
                continue;
            }
            if (stagnation.is_reached(krylov.products(), state, criterion_.noise * krylov.norm())) {
                return LanczosStatus::stagnated;
            }
            krylov.restart({std::max(wanted.largest, std::min<Index>(wanted_.largest, 1)),
                            std::max(wanted.smallest, std::min<Index>(wanted_.smallest, 1)),
                            std::max(wanted.magnitude, std::min<Index>(wanted_.magnitude, 1))});
            look_out = LookOut();
            next_look = krylov.size();
        }
    }

    bool is_to_go_on(const Krylov<Scalar>& krylov, const Wanted& wanted,
                     const Convergence& state) const {
        if (!settings_.progress) return true;
        const Vec<double> values = matrix_.unit() * krylov.values();
        return settings_.progress({krylov.products(), krylov.restarts(), krylov.size(), limit_,
                                   values[values.size() - 1], values[0], state.converged,
                                   wanted.all(), state.worst});
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

    // How many pairs at either end are complete, and what the check adds.
    void look_for_copies(Krylov<Scalar>& krylov, Eigenpairs<Scalar>& result) {
        const bool is_broken =
            result.status == LanczosStatus::cancelled || result.status == LanczosStatus::nonfinite;
        if (is_broken || vectors_.cols() < wanted_.all()) return;
        if (krylov.is_complete()) {
            complete_ = wanted_;
            return;
        }
        if (settings_.check == CopyCheck::never) return;
        const Wanted resolved = resolved_pairs(krylov.norm());
        if (settings_.check == CopyCheck::where_repeated && settings_.start.cols() == 0) {
            const CompletenessCheck check(found_, wanted_, to_rounding(), krylov.norm());
            const auto seen_once = [&](const Wanted& end, Index most) {
                const std::vector<Index> chosen = choose(krylov.values(), end);
                return std::min(most, check.first_repeated(krylov.values(), krylov.residuals(),
                                                           chosen, block_));
            };
            complete_.largest = seen_once({wanted_.largest, 0, 0}, resolved.largest);
            complete_.smallest = seen_once({0, wanted_.smallest, 0}, resolved.smallest);
            complete_.magnitude = seen_once({0, 0, wanted_.magnitude}, resolved.magnitude);
        }
        Wanted doubtful;
        if (complete_.largest < resolved.largest) doubtful.largest = resolved.largest;
        if (complete_.smallest < resolved.smallest) doubtful.smallest = resolved.smallest;
        if (complete_.magnitude < resolved.magnitude) doubtful.magnitude = resolved.magnitude;
        if (doubtful.all() > 0) verify(krylov, doubtful, result);
    }

    // How many of the outermost pairs are known to a tenth of their value, or to rounding.
    Wanted resolved_pairs(double norm) const {
        const auto resolved = [&](Index first, Index count) {
            for (Index i = 0; i < count; ++i) {
                const RitzPair& pair = found_[static_cast<std::size_t>(first + i)];
                if (pair.estimate > std::max(0.1 * std::abs(pair.value), rounding_ * norm)) {
                    return i;
                }
            }
            return count;
        };
        return {resolved(0, wanted_.largest), resolved(wanted_.largest, wanted_.smallest),
                resolved(0, wanted_.magnitude)};
    }

    // Short runs orthogonal to what was found, until one finds nothing that was missed among so
    // many of the outermost pairs.
    void verify(Krylov<Scalar>& krylov, const Wanted& ends, Eigenpairs<Scalar>& result) {
        const Index patience = std::clamp<Index>(limit_, 48, 96);  // products without a missed pair
        for (;;) {
            std::vector<RitzPair> outermost(found_.begin(),
                                            found_.begin() + ends.largest + ends.magnitude);
            outermost.insert(outermost.end(), found_.begin() + wanted_.largest,
                             found_.begin() + wanted_.largest + ends.smallest);
            const CompletenessCheck check(outermost, ends, to_rounding(), krylov.norm());
            krylov.begin(vectors_, Mat<Scalar>());
            Wanted missing, settled;
            Index last_found = krylov.products();
            const auto wanted_now = [&] {
                const Wanted now = check.missing(krylov.values());
                const Index before = missing.all();
                missing.largest = std::max(missing.largest, now.largest);
                missing.smallest = std::max(missing.smallest, now.smallest);
                missing.magnitude = std::max(missing.magnitude, now.magnitude);
                if (missing.all() > before) {
                    last_found = krylov.products();
                    settled = {};
                }
                return missing;
            };
            using End = CompletenessCheck::End;
            const auto settle = [&](End end, Index& most) {
                most = std::max(most, check.settled(end, krylov, missing));
            };
            const auto is_enough = [&] {
                settle(End::largest, settled.largest);
                settle(End::smallest, settled.smallest);
                settle(End::magnitude, settled.magnitude);
                return settled.all() == ends.all() || krylov.products() - last_found >= patience;
            };
            const LanczosStatus status =
                converge(krylov, wanted_now, is_enough,
                         std::max(settings_.max_products, krylov.products() + patience));
            const bool has_missed = missing.all() > 0 && krylov.values().size() > 0;
            const bool has_converged = status == LanczosStatus::converged;
            const bool is_broken = !has_converged && status != LanczosStatus::budget;
            if (is_broken || (has_missed && !has_converged)) result.status = status;
            bool may_hide_more = false;
            if (has_missed) {
                result.found_by_check += missing.all();
                const std::vector<Index> chosen = choose(krylov.values(), missing);
                may_hide_more = check.first_repeated(krylov.values(), krylov.residuals(), chosen,
                                                     block_) < std::ssize(chosen);
                take(krylov, missing);
            }
            if (is_broken || (has_missed && !has_converged)) return;
            if (has_converged && may_hide_more) continue;
            complete_.largest = std::max(complete_.largest, settled.largest);
            complete_.smallest = std::max(complete_.smallest, settled.smallest);
            complete_.magnitude = std::max(complete_.magnitude, settled.magnitude);
            return;
        }
    }

    // Rayleigh quotients and true residuals by one more block product. Runs of the check leave out
    // vectors that are approximate, and what couples to them is no part of their estimates: pairs
    // that it leaves beyond their tolerance are refined.
    void measure_residuals(double norm, Eigenpairs<Scalar>& result) {
        constexpr int kRefinements = 6;
        if (vectors_.cols() == 0) return;
        Mat<Scalar> product(vectors_.rows(), vectors_.cols());
        matrix_.apply(vectors_, product);
        result.check_products += vectors_.cols();
        if (result.found_by_check > 0) separate(product);
        take_quotients(product);
        const auto is_within = [&](const RitzPair& pair) {
            return pair.residual <= criterion_.allowed(pair.value, norm);
        };
        for (int i = 0; i < kRefinements && result.found_by_check > 0; ++i) {
            if (std::all_of(found_.begin(), found_.end(), is_within)) return;
            refine(norm, product);
            result.check_products += vectors_.cols();
            separate(product);
            take_quotients(product);
        }
    }

    void take_quotients(const Mat<Scalar>& product) {
        for (std::size_t i = 0; i < found_.size(); ++i) {
            const Vec<double> y = vectors_.col(static_cast<Index>(i)).template cast<double>();
            const Vec<double> ay = product.col(static_cast<Index>(i)).template cast<double>();
            found_[i].value = y.dot(ay) / y.squaredNorm();
            found_[i].residual = (ay - found_[i].value * y).norm() / y.norm();
        }
    }

    // Adds what is new in the directions of the residuals to the found vectors, and multiplies all.
    void refine(double norm, Mat<Scalar>& product) {
        const Index count = vectors_.cols();
        Basis<Scalar> basis(matrix_.rows(), std::min(2 * count, matrix_.rows()), settings_.threads);
        std::uint64_t draw = 0;
        basis.append(vectors_, count, 0, settings_.seed, draw);
        for (Index c = 0; c < count && basis.size() < basis.capacity(); ++c) {
            const RitzPair& pair = found_[static_cast<std::size_t>(c)];
            if (!(pair.residual > criterion_.noise * norm)) continue;
            Mat<Scalar> direction =
                product.col(c) - static_cast<Scalar>(pair.value) * vectors_.col(c);
            direction /= static_cast<Scalar>(length(direction));
            basis.project_out(direction);
            const double left = length(direction);
            if (left < 0.1) continue;
            direction /= static_cast<Scalar>(left);
            basis.project_out(direction);
            basis.append_unit(direction / static_cast<Scalar>(length(direction)));
        }
        vectors_ = basis.block(0, basis.size());
        found_.resize(static_cast<std::size_t>(basis.size()));
        product.resize(matrix_.rows(), basis.size());
        matrix_.apply(vectors_, product);
    }

    // Rayleigh-Ritz on the found vectors. Those of different runs are orthogonal, but A couples
    // them by as much as their residuals.
    void separate(Mat<Scalar>& product) {
        const Mat<double> t =
            vectors_.template cast<double>().transpose() * product.template cast<double>();
        const DenseSpectrum eigen = dense_spectrum(0.5 * (t + t.transpose()));
        const std::vector<Index> order = choose(eigen.values, wanted_);
        const Mat<double> s = eigen.vectors(Eigen::all, order);
        std::vector<RitzPair> separated;
        for (std::size_t i = 0; i < order.size(); ++i) {
            double squares = 0;
            for (std::size_t j = 0; j < found_.size(); ++j) {
                const double share = s(static_cast<Index>(j), static_cast<Index>(i));
                squares += share * share * found_[j].estimate * found_[j].estimate;
            }
            separated.push_back({eigen.values[order[i]], std::sqrt(squares), 0});
        }
        found_ = std::move(separated);
        vectors_ = (vectors_ * s.template cast<Scalar>()).eval();
        product = (product * s.template cast<Scalar>()).eval();
    }

    // The measured residuals decide what has converged: the estimates fall below the truth.
    void report(double norm, Eigenpairs<Scalar>& result) const {
        const double floor = criterion_.noise_floor(norm);
        std::vector<EigenPair> pairs = bound_pairs(found_, ritz_, criterion_.tolerance, floor);
        bool are_all = true;
        for (EigenPair& pair : pairs) {
            pair.is_converged = pair.residual <= criterion_.allowed(pair.value, norm);
            are_all = are_all && pair.is_converged;
        }
        if (result.status == LanczosStatus::converged && !are_all) {
            result.status = LanczosStatus::stagnated;
        }
        result.norm = matrix_.unit() * norm;
        const Index top = std::min(wanted_.largest + wanted_.magnitude, vectors_.cols());
        const Index complete_top = complete_.largest + complete_.magnitude;
        for (Index i = 0; i < vectors_.cols(); ++i) {
            EigenPair& pair = pairs[static_cast<std::size_t>(i)];
            pair.is_complete = i < top ? i < complete_top : i - top < complete_.smallest;
            if (!pair.is_complete) pair.digits = 0;
            const double outwards = i < top ? pair.value : -pair.value;
            pair.is_sign_certain = (wanted_.magnitude == 0 && outwards > floor) ||
                                   (pair.is_complete && pair.is_sign_certain);
            for (double* of : {&pair.value, &pair.residual, &pair.estimate, &pair.bound}) {
                *of *= matrix_.unit();
            }
        }
        result.is_largest_complete = complete_top == wanted_.largest + wanted_.magnitude;
        result.is_smallest_complete = complete_.smallest == wanted_.smallest;
        result.largest.assign(pairs.begin(), pairs.begin() + top);
        result.smallest.assign(pairs.begin() + top, pairs.end());
        result.largest_vectors = vectors_.leftCols(top);
        result.smallest_vectors = vectors_.rightCols(vectors_.cols() - top);
    }

    // A larger floor is for the wanted pairs; copies are told apart to rounding.
    Criterion to_rounding() const {
        Criterion criterion = criterion_;
        criterion.floor = rounding_;
        return criterion;
    }

    NormalisedOperator<Scalar> matrix_;
    const LanczosSettings<Scalar>& settings_;
    Wanted wanted_;
    Wanted complete_;  // outermost pairs of either end among which none is missing
    Criterion criterion_;
    double rounding_ = 0;  // the floor that rounding allows
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
