#pragma once
// Several runs side by side: settings, final numbers and curves; of different experiments, those
// that they share.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/lab/manifest.h"
#include "experiments/lab/report.h"
#include "experiments/report/experiment_report.h"
#include "experiments/study/open_run.h"

namespace dualtape::comparison {

class Comparison {
  public:
    // Reads settings and manifests. Runs that have not ended have no numbers and curves yet, and
    // are named in a warning. Throws lab::InputError for fewer than two runs, the same run twice,
    // and a checkpoint.
    explicit Comparison(const std::vector<std::filesystem::path>& runs);

    // Writes into `out`, which is there:
    //   runs.tsv      name, folder, experiment, recipe, status, version, commit
    //   settings.tsv  the settings of all in which the runs differ, a column per run
    //   numbers.tsv   the final numbers of all: number, unit, run, value, low, high, spread
    //   figures/      a figure for each column that all experiments compare (experiment_report.h),
    //                 with a panel per configuration, a line per run, medians and bands over its
    //                 seeds; of different experiments one panel, a line per run and configuration
    //   report.html   all of it; `place` is what the command to repeat it names.
    void write(const std::filesystem::path& out, const std::filesystem::path& place) const;
    // The names of the tables.
    static std::vector<std::string> tables() { return {"runs.tsv", "settings.tsv", "numbers.tsv"}; }

  private:
    struct Side {
        std::string name;  // of the folder, with as much of its path as tells it from the others
        study::OpenedRun run;
        lab::ManifestFacts facts;
        std::vector<lab::FinalNumber> numbers;
    };
    lab::ReportTable runs() const;
    lab::ReportTable settings() const;
    lab::ReportTable numbers() const;
    void write_numbers(const std::filesystem::path& path) const;
    std::vector<std::string> warnings() const;
    std::vector<std::string> programs() const;  // distinct
    // Keys of settings that some of the experiments lack.
    std::vector<std::string> unshared_settings() const;
    // Columns that all experiments compare, as the first one draws them.
    std::vector<report::ComparedColumn> shared_columns() const;

    std::vector<Side> sides_;
};

}  // namespace dualtape::comparison
