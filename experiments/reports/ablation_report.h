#pragma once
// Figures and tables of a report from the tables of circuits/ablation_tables.h.

#include "experiments/reports/circuit_report.h"

namespace dualtape::reports {

// folder: where the tables lie; setting: for subtitles. Parts whose table is missing are left out.
CircuitReport ablation_report(const std::filesystem::path& folder, const std::string& setting);

}  // namespace dualtape::reports
