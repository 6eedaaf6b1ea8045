#pragma once
// Figures and tables of a report from the tables of analyses/fourier/fourier_tables.h.

#include "experiments/report/analysis_report.h"

namespace dualtape::analyses {

// folder: where the tables lie; setting: for subtitles. Parts whose table is missing are left out.
report::CircuitReport fourier_report(const std::filesystem::path& folder,
                                     const std::string& setting);

}  // namespace dualtape::analyses
