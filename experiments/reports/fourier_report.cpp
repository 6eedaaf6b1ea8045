#include "experiments/reports/fourier_report.h"

namespace dualtape::reports {

CircuitReport fourier_report(const std::filesystem::path& /*folder*/,
                             const std::string& /*setting*/) {
    return {};
}

}  // namespace dualtape::reports
