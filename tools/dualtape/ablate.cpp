// dualtape ablate: what a trained network loses without some of its hidden units.

#include "experiments/circuits/ablation_tables.h"
#include "experiments/reports/ablation_report.h"
#include "tools/dualtape/circuit_subcommand.h"

namespace dualtape::tools {

Subcommand ablate() {
    const auto settings = std::make_shared<circuits::AblationSettings>();
    return make_subcommand(
        {.name = "ablate",
         .purpose = "what a trained network loses without some of its hidden units",
         .question = "Which hidden units does the network need?",
         .examples = {{"runs/first", "at the last checkpoint of every training"}},
         .tables = circuits::ablation_tables(),
         .add_options = [settings](lab::Options& to) { circuits::add_ablation(to, *settings); },
         .check =
             [settings](const auto& snapshot) { circuits::check_ablation(*settings, snapshot); },
         .measure =
             [settings](const auto& snapshots, const auto& out) {
                 circuits::write_ablation_tables(out, *settings, snapshots);
             },
         .report = reports::ablation_report});
}

}  // namespace dualtape::tools
