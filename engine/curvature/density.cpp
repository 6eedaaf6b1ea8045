#include "engine/curvature/density.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <Eigen/Eigenvalues>

#include "engine/core/parallel.h"
#include "engine/curvature/basis.h"
#include "engine/curvature/dense_spectrum.h"
#include "engine/curvature/normalised_operator.h"

namespace dualtape::curvature {

namespace {

// One Lanczos recurrence: A Q = Q T + beta q_next e', T tridiagonal with alpha and beta.
template <class Scalar>
class Recurrence {
  public:
    Recurrence(Mat<Scalar> start, Index steps, int threads)
        : basis_(start.rows(), steps, threads), steps_(steps) {
        start /= static_cast<Scalar>(start.template cast<double>().norm());
        basis_.append_unit(start);
    }

    bool is_running() const { return state_ == State::running; }
    bool is_broken() const { return state_ == State::nonfinite; }
    auto last() const { return basis_.block(basis_.size() - 1, 1); }

    // Takes w = A q of the last column q.
    void advance(Mat<Scalar> w) {
        const Mat<double> h = basis_.project_out(w);
        const double alpha = h(h.rows() - 1, 0), beta = w.template cast<double>().norm();
        if (!std::isfinite(alpha) || !std::isfinite(beta)) {
            state_ = State::nonfinite;
            return;
        }
        const double before = beta_.empty() ? 0.0 : beta_.back();
        alpha_.push_back(alpha);
        norm_ = std::max(norm_, std::hypot(before, alpha_.back(), beta));
        const double roundoff = std::numeric_limits<Scalar>::epsilon();
        const double rows = static_cast<double>(w.rows());
        if (!(beta > 10 * roundoff * std::sqrt(rows) * norm_)) {
            state_ = State::exhausted;
        } else if (basis_.size() == steps_) {
            state_ = State::complete;
        } else {
            beta_.push_back(beta);
            w /= static_cast<Scalar>(beta);
            basis_.append_unit(w);
        }
    }

    bool is_empty() const { return alpha_.empty(); }
    // Nodes are the eigenvalues of T, weights the squared first entries of its eigenvectors, in the
    // unit of the matrix. The solver is made for entries of order one.
    ProbeQuadrature quadrature(double unit) const {
        const auto n = static_cast<Index>(alpha_.size());
        const double scale = norm_ > 0 ? norm_ : 1.0;
        const Vec<double> diagonal = Eigen::Map<const Vec<double>>(alpha_.data(), n);
        const Vec<double> couplings = Eigen::Map<const Vec<double>>(beta_.data(), n - 1);
        const Vec<double> alpha = diagonal / scale, beta = couplings / scale;
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
        solver.computeFromTridiagonal(alpha, beta, Eigen::ComputeEigenvectors);
        DenseSpectrum eigen{solver.eigenvalues(), solver.eigenvectors()};
        if (solver.info() != Eigen::Success) {
            Mat<double> t = Mat<double>::Zero(n, n);
            t.diagonal() = alpha;
            t.diagonal(-1) = beta;
            eigen = dense_spectrum(t);
        }
        return {unit * (scale * eigen.values), eigen.vectors.row(0).array().square().transpose(),
                state_ == State::exhausted, unit * diagonal, unit * couplings};
    }

  private:
    enum class State { running, complete, exhausted, nonfinite };

    Basis<Scalar> basis_;
    Index steps_;
    std::vector<double> alpha_, beta_;
    double norm_ = 0;  // estimate of |T|
    State state_ = State::running;
};

template <class Scalar>
class Run {
  public:
    Run(const Operator<Scalar>& matrix, const DensitySettings<Scalar>& settings)
        : matrix_(matrix, settings.deflation, settings.threads),
          scaled_(matrix_),
          settings_(settings) {
        result_.dimension = matrix_.dimension();
        result_.removed = settings.deflation.values;
        result_.steps = std::min(settings.steps, matrix_.dimension());
        check();
    }

    SpectralMeasure run() {
        const Index group = std::min(
            settings_.probes,
            static_cast<Index>(settings_.memory_limit / std::max<std::size_t>(bytes(), 1)));
        for (Index first = 0; first < settings_.probes; first += group) {
            result_.status = run_group(first, std::min(group, settings_.probes - first));
            if (result_.status != DensityStatus::done) break;
        }
        return std::move(result_);
    }

  private:
    // Memory of one probe: its basis, and four columns that a step works on.
    std::size_t bytes() const {
        return static_cast<std::size_t>(result_.steps + 4) *
               static_cast<std::size_t>(matrix_.rows()) * sizeof(Scalar);
    }

    void check() const {
        const auto refuse = [](const std::string& message) {
            throw std::invalid_argument("spectral density: " + message);
        };
        if (settings_.probes < 1 || settings_.steps < 1) {
            refuse(std::to_string(settings_.probes) + " probes of " +
                   std::to_string(settings_.steps) + " steps; use 1 or more of each");
        }
        if (settings_.kind == Probe::gaussian) {
            refuse("probes have unit length, so a gaussian one is a sphere one; use sphere");
        }
        if (bytes() > settings_.memory_limit) {
            refuse("a probe of " + std::to_string(result_.steps) + " steps takes " +
                   std::to_string(bytes() >> 20) + " MiB, more than the limit of " +
                   std::to_string(settings_.memory_limit >> 20) +
                   " MiB; use fewer steps or a higher limit");
        }
    }

    // Lockstep: one block product a step for the probes that still run.
    DensityStatus run_group(Index first, Index count) {
        std::vector<Recurrence<Scalar>> group;
        group.reserve(static_cast<std::size_t>(count));
        for (Index i = first; i < first + count; ++i) {
            Mat<Scalar> start(matrix_.rows(), 1);
            fill_probes<Scalar>(settings_.kind, settings_.seed, "density", i, start);
            matrix_.project(start);
            group.emplace_back(std::move(start), result_.steps, settings_.threads);
        }
        DensityStatus status = DensityStatus::done;
        std::vector<Recurrence<Scalar>*> running;
        for (auto& probe : group) running.push_back(&probe);
        while (!running.empty() && status == DensityStatus::done) {
            const auto width = static_cast<Index>(running.size());
            Mat<Scalar> v(matrix_.rows(), width), av(matrix_.rows(), width);
            for (Index c = 0; c < width; ++c) {
                v.col(c) = running[static_cast<std::size_t>(c)]->last();
            }
            scaled_.apply(v, av);
            result_.products += width;
            parallel_for(settings_.threads, width, [&](Index c, int) {
                running[static_cast<std::size_t>(c)]->advance(av.col(c));
            });
            for (const auto* probe : running) {
                if (probe->is_broken()) status = DensityStatus::nonfinite;
            }
            running.erase(std::remove_if(running.begin(), running.end(),
                                         [](const auto* probe) { return !probe->is_running(); }),
                          running.end());
            if (status == DensityStatus::done && settings_.progress) {
                const DensityProgress state{result_.products, settings_.probes * result_.steps};
                if (!settings_.progress(state)) status = DensityStatus::cancelled;
            }
        }
        for (const auto& probe : group) {
            if (!probe.is_empty()) result_.probes.push_back(probe.quadrature(scaled_.unit()));
        }
        return status;
    }

    DeflatedOperator<Scalar> matrix_;
    NormalisedOperator<Scalar> scaled_;
    const DensitySettings<Scalar>& settings_;
    SpectralMeasure result_;
};

}  // namespace

const char* text(DensityStatus status) {
    switch (status) {
        case DensityStatus::done:
            return "done";
        case DensityStatus::cancelled:
            return "cancelled";
        case DensityStatus::nonfinite:
            return "nonfinite";
    }
    return "";
}

template <class Scalar>
SpectralMeasure spectral_measure(const Operator<Scalar>& matrix,
                                 const DensitySettings<Scalar>& settings) {
    return Run<Scalar>(matrix, settings).run();
}

template SpectralMeasure spectral_measure(const Operator<float>&, const DensitySettings<float>&);
template SpectralMeasure spectral_measure(const Operator<double>&, const DensitySettings<double>&);

}  // namespace dualtape::curvature
