#pragma once
// Measures the trainings of a run for `dualtape spectrum`: a solve for every matrix at every
// checkpoint, rows into the tables of the folder.

#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/point.h"
#include "engine/curvature/index_set.h"
#include "experiments/analyses/curvature/curvature_tables.h"
#include "experiments/study/open_run.h"
#include "tools/dualtape/spectrum_request.h"
#include "tools/dualtape/spectrum_watch.h"

namespace dualtape::tools {

// Call prepare() for every training before the first measure(): it writes nothing.
class SpectrumMeasurement {
  public:
    // All but `out` must outlive it.
    SpectrumMeasurement(const SpectrumRequest& request, const study::OpenedRun& run,
                        std::filesystem::path out, SpectrumWatcher& watcher)
        : request_(request), run_(run), out_(std::move(out)), watcher_(watcher) {}

    // Announces the spectra of a training to the watcher. Throws lab::InputError, naming the
    // option, when it cannot be measured as asked.
    void prepare(const study::TrainedNetwork& trained) const;
    // Returns whether all solves have converged. Throws lab::Interrupted after an interrupt.
    bool measure(const study::TrainedNetwork& trained);

  private:
    // One block of one operator over the checkpoints of one training.
    struct Job {
        lab::Labels labels;
        curvature::IndexSet indices;  // of its block; empty: the whole matrix
        bool is_semidefinite = false;
        Index products = 0;       // of the last solve that was not exact
        analyses::Spectrum last;  // of the checkpoint before, whose vectors start the next solve
    };

    void check(const study::Classifier<double>& net) const;
    std::vector<Job> jobs(const study::Training& training,
                          const study::Classifier<double>& net) const;
    // Returns the relative error of a product.
    double check_operator(const Job& job, const Point<double>& point, std::int64_t step) const;
    // Is this block of the Hessian its Gauss-Newton part, for a random vector? There the network is
    // linear in the parameters of the block, piece by piece, as in those of one layer between
    // ReLUs.
    bool is_gauss_newton(const Job& job, const Point<double>& point) const;
    void solve(Job& job, const Point<double>& point, std::int64_t step, double product_noise);
    // Both ends and the trace on random subsets. Returns whether all solves have converged.
    bool measure_subsets(const Job& job, std::int64_t step, const study::Classifier<double>& net,
                         Workspace<double>& work, const Vec<double>& theta,
                         double product_noise) const;
    // whole: of the whole matrix at this checkpoint.
    void measure_sharpness(const lab::Labels& labels, std::int64_t step,
                           const study::Classifier<double>& net, Workspace<double>& work,
                           const Vec<double>& theta, const analyses::Spectrum& whole) const;

    const SpectrumRequest& request_;
    const study::OpenedRun& run_;
    std::filesystem::path out_;
    SpectrumWatcher& watcher_;
};

}  // namespace dualtape::tools
