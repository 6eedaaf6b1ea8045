#pragma once
// Figures and report of a run, from the files of its folder alone: made by the experiment when it
// ends, and again by `dualtape report` (registry.h finds the experiment).

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/lab/figure.h"
#include "experiments/lab/report.h"

namespace dualtape::report {

// A column by which runs of an experiment are compared over their steps.
struct ComparedColumn {
    std::string table;   // "metrics.tsv"; runs without it or the column are left out
    std::string column;  // "test_accuracy"
    std::string title;   // of the figure: "Test accuracy"
    lab::Axis axis;
};

// What an experiment says of itself. Both functions read the folder of a run and write nothing;
// they throw lab::InputError when a table is missing.
struct ExperimentReport {
    std::vector<lab::Figure> (*figures)(const std::filesystem::path& run) = nullptr;
    // All parts but the figures and the changed settings.
    lab::Report (*report)(const std::filesystem::path& run) = nullptr;
    std::vector<ComparedColumn> compared;
};

// Draws figures into a folder, and returns a sentence for each that failed. Without gnuplot, or
// with one that hangs, only one: the others are written for later but not tried. Throws
// lab::Interrupted.
std::vector<std::string> draw_all(const std::vector<lab::Figure>& figures,
                                  const std::filesystem::path& folder);

// The figures of a run, into RUN/figures; what draw_all returns.
std::vector<std::string> draw_figures(const ExperimentReport& experiment,
                                      const std::filesystem::path& run);
// RUN/report.html, around the figures that were drawn; returns its path.
std::filesystem::path write_report(const ExperimentReport& experiment,
                                   const std::filesystem::path& run);

}  // namespace dualtape::report
