#include "tools/dualtape/operator_checks.h"

#include <algorithm>

#include "experiments/report/run_tables.h"
#include "experiments/report/training_groups.h"

namespace dualtape::tools {

namespace {

constexpr const char* kCheckColumns[] = {"step",      "status", "is_repeatable",
                                         "asymmetry", "noise",  "products"};
const std::string kPassed = curvature::text(curvature::OperatorStatus::passed);

}  // namespace

void add_check(const std::filesystem::path& out, const lab::Labels& labels, std::int64_t step,
               const curvature::OperatorCheck& check) {
    lab::TableWriter(out / kCheckTable, lab::labelled_columns(labels, kCheckColumns),
                     lab::TableWriter::Mode::append)
        .add_row(
            lab::labelled_row(labels, {step, curvature::text(check.status), check.is_repeatable,
                                       check.asymmetry, check.noise, check.products}));
}

std::vector<std::string> check_warnings(const std::filesystem::path& out) {
    const report::TrainingGroups checks(out / kCheckTable);
    std::vector<std::string> warnings;
    for (const auto& group : checks.groups()) {
        const auto status = checks.texts(group, "status");
        const auto n = [&](const char* column) { return checks.numbers(group, column); };
        for (std::size_t i = 0; i < status.size(); ++i) {
            if (status[i] == kPassed) continue;
            if (status[i] == "zero") {
                warnings.push_back(
                    group.name + ", step " + report::readable(n("step")[i]) +
                    ": the matrix is zero to rounding, and so are all its eigenvalues");
                continue;
            }
            warnings.push_back(group.name + ", step " + report::readable(n("step")[i]) +
                               ": the operator has not passed its check (" + status[i] +
                               "): asymmetry " + report::readable(n("asymmetry")[i]) + ", noise " +
                               report::readable(n("noise")[i]) +
                               ". Its eigenvalues may mean nothing");
        }
    }
    return warnings;
}

std::string check_summary(const std::filesystem::path& out) {
    const report::TrainingGroups checks(out / kCheckTable);
    if (checks.groups().empty()) return "";
    const auto status = checks.table().texts("status");
    const auto noise = checks.table().numbers("noise");
    const auto passed = std::count(status.begin(), status.end(), kPassed);
    return std::to_string(passed) + " of " + std::to_string(status.size()) + " passed, " +
           report::readable(checks.table().numbers("products").at(0)) +
           " products each; noise of a product at most " +
           report::readable(*std::max_element(noise.begin(), noise.end()));
}

}  // namespace dualtape::tools
