#include "experiments/reports/grokking_hessian_reference.h"

#include "experiments/reports/run_tables.h"

namespace dualtape::reports {

std::int64_t published_formula(const models::MlpSettings& settings) {
    const std::int64_t h = settings.width, classes = settings.num_classes;
    return 2 * h + h + (settings.depth - 2) * (h * h + h) + classes * h + classes;
}

bool is_published_setting(const std::filesystem::path& folder) {
    const RunSettings settings(folder);
    return settings.text("model", "input") == "raw" && settings.number("task", "p") == 97 &&
           settings.text("task", "operation") == "add" &&
           settings.number("task", "train_fraction") == 0.1;
}

}  // namespace dualtape::reports
