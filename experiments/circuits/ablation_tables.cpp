#include "experiments/circuits/ablation_tables.h"

namespace dualtape::circuits {

void add_ablation(lab::Options& options, AblationSettings& settings) {
    options.group("ablation", "Ablation");
    options.add("ablation_placeholder", settings.placeholder, "nothing");
}

const std::vector<std::string>& ablation_tables() {
    static const std::vector<std::string> names{};
    return names;
}

void check_ablation(const AblationSettings& /*settings*/, const Snapshot& /*snapshot*/) {}

void write_ablation_tables(const std::filesystem::path& /*folder*/,
                           const AblationSettings& /*settings*/,
                           const std::vector<Snapshot>& /*snapshots*/) {}

}  // namespace dualtape::circuits
