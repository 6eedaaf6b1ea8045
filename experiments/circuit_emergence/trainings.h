#pragma once
// What the report knows of every training: metrics.tsv by width and seed, and summary.tsv.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/circuit_emergence/frequencies.h"
#include "experiments/lab/table.h"
#include "experiments/statistics/training_measures.h"

namespace dualtape::circuit_emergence {

// A training as it was logged. Test columns are NaN in a run that trains on all pairs.
struct LoggedTraining {
    std::int64_t width = 0, seed = 0;
    statistics::LearningCurve curve;

    bool has_test() const;
};
// In the order of metrics.tsv: width by width.
std::vector<LoggedTraining> logged_trainings(const std::filesystem::path& folder);

// summary.tsv, a row per training: class, t_mem, t_gen and t_grok (empty: censored at censored_at),
// delay, losses and accuracies of the last log, best test accuracy, num_jumps of the test accuracy,
// and the key frequency, and the key wave, with node and R^2 at the last step. The class of a
// training without test pairs is "fitted" or "not fitted".
void write_summary(const std::filesystem::path& folder, const ProbeRows& rows,
                   const std::vector<OverFrequencies>& frequencies);

// summary.tsv of a finished run, as numbers of one width.
class Summary {
  public:
    explicit Summary(const std::filesystem::path& folder);

    const std::vector<std::int64_t>& widths() const { return widths_; }
    std::size_t num_seeds() const { return num_seeds_; }
    std::vector<double> numbers(std::int64_t width, const char* column) const;
    std::vector<std::string> texts(std::int64_t width, const char* column) const;
    bool has_test() const { return has_test_; }
    // "3 of 3", of the trainings that have this time.
    std::string share(std::int64_t width, const char* time) const;
    bool all_reach(std::int64_t width, const char* time) const;
    // Kaplan-Meier median over the seeds: "580 (560 to 670)", "censored in 2 of 3 seeds".
    std::string time(std::int64_t width, const char* time) const;
    // Mean over the seeds with its interval, or the one number.
    std::string mean(std::int64_t width, const char* column) const;

  private:
    lab::Table table_;
    std::vector<std::int64_t> row_width_, widths_;
    std::size_t num_seeds_ = 0;
    bool has_test_ = false;
};

}  // namespace dualtape::circuit_emergence
