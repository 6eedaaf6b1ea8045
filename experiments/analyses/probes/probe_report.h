#pragma once
// Figures and tables of a report from the tables of analyses/probes/probe_tables.h.

#include "experiments/report/analysis_report.h"

namespace dualtape::analyses {

// folder: where the tables lie; setting: for subtitles. Parts whose table is missing are left out.
report::CircuitReport probe_report(const std::filesystem::path& folder, const std::string& setting);

}  // namespace dualtape::analyses
