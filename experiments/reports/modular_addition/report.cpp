// The report of the experiment modular_addition.

#include "experiments/reports/modular_addition.h"

namespace dualtape::reports {

namespace {

namespace fs = std::filesystem;

std::vector<lab::Figure> make_figures(const fs::path& /*folder*/) { return {}; }

lab::Report make_report(const fs::path& /*folder*/) {
    lab::Report report;
    report.title = "modular_addition: what the network computes";
    return report;
}

}  // namespace

ExperimentReport modular_addition_report() {
    return {.figures = make_figures, .report = make_report, .compared = {}};
}

}  // namespace dualtape::reports
