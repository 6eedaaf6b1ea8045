#pragma once
// Sharpness along one training: measured at visits, written as rows, continued after a stop.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/analysis/classifier.h"
#include "experiments/analysis/sharpness.h"
#include "experiments/lab/cli.h"
#include "experiments/lab/optimiser.h"
#include "experiments/lab/table.h"

namespace dualtape::lab {

struct SharpnessTrackSettings {
    std::int64_t every = 1000;  // steps between visits
    std::int64_t pairs = 10;
    double tolerance = 3e-4;
    std::int64_t max_products = 1000;
    std::int64_t power_rounds = 100;
    double power_tolerance = 0;
    std::int64_t dense_limit = 0;
};

// Opens the group "curvature" and adds all of them.
void add_sharpness_track(Options& options, SharpnessTrackSettings& settings);

// The Hessian is that of the mean loss over the whole training set, weight decay not included, in
// double. Writes three tables of the task, with its labels in front of every row:
//   curvature.tsv    one row per visit
//   eigenvalues.tsv  one row per visit and wanted pair
//   overlap.tsv      |<v_t, v_u>| of the vectors of the largest eigenvalue at two visits
// Every solve starts from the vectors of the visit before. They are kept, rounded to float, in
// checkpoints/<task>/curvature-<step>.safetensors of the last two visits, with the leading vectors
// of all visits; an unbroken training uses the rounded ones as well, so that a resumed one gives
// the same bits. Belongs to one thread.
class SharpnessTrack {
  public:
    using Labels = std::vector<std::pair<std::string, std::int64_t>>;  // {{"depth", 2}, ...}

    // `seed` is that of the start vectors.
    SharpnessTrack(const SharpnessTrackSettings& settings, const analysis::Classifier<double>& net,
                   const Run& run, std::string task_name, Labels labels, std::uint64_t seed,
                   double two_over_rate, int threads);

    // Goes on after this step (-1: starts): cuts the tables back, loads the vectors. False when
    // the file of the last visit up to this step cannot be read.
    bool begin(std::int64_t step);
    // False when it was interrupted; then nothing was written.
    bool visit(std::int64_t step, const Vec<double>& theta);

  private:
    std::filesystem::path state_path(std::int64_t step) const;
    void save(std::int64_t step) const;
    void remember(std::int64_t step, const analysis::Sharpness& sharpness);
    void add_row(TableWriter& table, std::initializer_list<Cell> cells) const;
    void add_rows(std::int64_t step, const analysis::Sharpness& sharpness);

    SharpnessTrackSettings settings_;
    const analysis::Classifier<double>& net_;
    const Run& run_;
    std::string task_name_;
    Labels labels_;
    std::uint64_t seed_;
    double two_over_rate_;
    Workspace<double> work_;
    Batch<double> batch_;
    std::optional<TableWriter> curvature_, eigenvalues_, overlap_;
    Mat<float> start_;                  // P x pairs of the last visit
    std::vector<std::int64_t> visits_;  // their steps ...
    std::vector<Vec<float>> leading_;   // ... and vectors of the largest eigenvalue
};

}  // namespace dualtape::lab
