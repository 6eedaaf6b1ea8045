#include "experiments/reports/ablation_report.h"

namespace dualtape::reports {

CircuitReport ablation_report(const std::filesystem::path& /*folder*/,
                              const std::string& /*setting*/) {
    return {};
}

}  // namespace dualtape::reports
