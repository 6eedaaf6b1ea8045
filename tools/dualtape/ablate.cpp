// dualtape ablate: what a trained network loses without some of its hidden units.

#include "experiments/analyses/ablation/ablation_report.h"
#include "experiments/analyses/ablation/ablation_tables.h"
#include "tools/dualtape/circuit_subcommand.h"

namespace dualtape::tools {

Subcommand ablate() {
    const auto settings = std::make_shared<analyses::AblationSettings>();
    return make_subcommand(
        {.name = "ablate",
         .purpose = "what a trained network loses without some of its hidden units",
         .question = "Which hidden units does the network need?",
         .examples = {{"runs/first", "at the last checkpoint of every training"}},
         .tables = analyses::ablation_tables(),
         .add_options = [settings](lab::Options& to) { analyses::add_ablation(to, *settings); },
         .check =
             [settings](const auto& snapshot) { analyses::check_ablation(*settings, snapshot); },
         .measure =
             [settings](const auto& snapshots, const auto& out) {
                 analyses::write_ablation_tables(out, *settings, snapshots);
             },
         .report = analyses::ablation_report});
}

}  // namespace dualtape::tools
