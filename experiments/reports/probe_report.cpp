#include "experiments/reports/probe_report.h"

namespace dualtape::reports {

CircuitReport probe_report(const std::filesystem::path& /*folder*/,
                           const std::string& /*setting*/) {
    return {};
}

}  // namespace dualtape::reports
