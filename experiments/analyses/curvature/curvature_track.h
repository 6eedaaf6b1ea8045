#pragma once
// Curvature along one training: measured at visits, written as rows, continued after a stop.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/analyses/curvature/curvature_settings.h"
#include "experiments/analyses/curvature/curvature_tables.h"
#include "experiments/lab/cli.h"
#include "experiments/lab/train.h"
#include "experiments/study/classifier.h"

namespace dualtape::analyses {

// The Hessian is that of the mean loss over the whole training set, weight decay not included, in
// double. Writes the tables of CurvatureTables, with the labels of the training, and
//   overlap.tsv      |<v_t, v_u>| of the vectors of the largest eigenvalue at two visits
// Every solve starts from the vectors of the visit before. They are kept, rounded to float, in
// checkpoints/<task>/curvature-<step>.safetensors of the last two visits, with the leading vectors
// of all visits; an unbroken training uses the rounded ones as well, so that a resumed one gives
// the same bits. Belongs to one thread.
class CurvatureTrack {
  public:
    // `seed` is that of the random vectors; `train` says which visit is the last.
    CurvatureTrack(const CurvatureSettings& settings, const lab::TrainSettings& train,
                   const study::Classifier<double>& net, const lab::Run& run, std::string task_name,
                   lab::Labels labels, std::uint64_t seed, int threads);

    // Goes on after this step (-1: starts), up to which the tables go: opens them, loads the
    // vectors. False when the file of the last visit is not there, or of another training.
    bool begin(std::int64_t step);
    // False when it was interrupted; then nothing was written.
    template <class Scalar>
    bool visit(const lab::TrainState<Scalar>& state) {
        const optim::Adam<Scalar>* adam = state.optimiser.adam();
        Vec<Scalar> diagonal;
        if (settings_.has("adam") && adam != nullptr && state.step > 0) {
            diagonal.resize(state.theta.size());
            adam->preconditioner(diagonal);
        }
        return visit(state.step, state.theta.template cast<double>(),
                     diagonal.template cast<double>(), state.optimiser.direction());
    }

  private:
    bool visit(std::int64_t step, const Vec<double>& theta, const Vec<double>& diagonal,
               const Vec<double>& update);
    std::filesystem::path path(const char* table) const;
    std::filesystem::path state_path(std::int64_t step) const;
    void save(std::int64_t step) const;
    void remember(std::int64_t step, const Spectrum& spectrum);
    double add_overlaps(std::int64_t step);

    CurvatureSettings settings_;
    const lab::TrainSettings& train_;
    const study::Classifier<double>& net_;
    const lab::Run& run_;
    std::string task_name_;
    lab::Labels labels_;
    std::uint64_t seed_;
    Workspace<double> work_;
    Batch<double> batch_;
    std::optional<CurvatureTables> tables_;
    std::optional<lab::TableWriter> overlap_;
    Mat<float> start_;                  // P x pairs of the last visit
    std::vector<std::int64_t> visits_;  // their steps ...
    std::vector<Vec<float>> leading_;   // ... and vectors of the largest eigenvalue
};

}  // namespace dualtape::analyses
