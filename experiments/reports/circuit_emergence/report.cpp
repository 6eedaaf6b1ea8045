// The report of the experiment circuit_emergence.

#include "experiments/reports/circuit_emergence.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;

std::vector<lab::Figure> make_figures(const fs::path& /*folder*/) { return {}; }

lab::Report make_report(const fs::path& /*folder*/) {
    lab::Report report;
    report.title = "circuit_emergence: what can be read, and where";
    return report;
}

}  // namespace

ExperimentReport circuit_emergence_report() {
    return {.figures = make_figures, .report = make_report, .compared = {}};
}

}  // namespace dualtape::reports
