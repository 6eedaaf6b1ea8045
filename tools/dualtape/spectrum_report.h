#pragma once
// What `dualtape spectrum` leaves: a summary table, figures and a report.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/analyses/curvature/curvature_tables.h"
#include "experiments/analyses/curvature/spectrum.h"
#include "experiments/study/open_run.h"

namespace dualtape::tools {

inline constexpr const char* kSummaryTable = "spectra.tsv";
// All that the subcommand may write.
std::vector<std::string> spectrum_tables();

struct SpectrumCost {
    double loss = 0;
    Index parameters = 0;          // rows of the matrix
    bool is_semidefinite = false;  // known to have no negative eigenvalue
    Index products = 0, quadratics = 0;
    double seconds = 0;
};
// Appends a row to spectra.tsv.
void add_summary(const std::filesystem::path& out, const lab::Labels& labels, std::int64_t step,
                 const SpectrumCost& cost, const analyses::Spectrum& spectrum);

// Figures and report.html from the tables of `out`; returns the path of the report. command: what
// repeats the measurement.
std::filesystem::path write_spectrum_report(const std::filesystem::path& out,
                                            const study::OpenedRun& run, const std::string& part,
                                            const std::string& command);

}  // namespace dualtape::tools
