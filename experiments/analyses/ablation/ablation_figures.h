#pragma once
// Figures of the tables of analyses/ablation/ablation_tables.h, for one training at its last step.

#include <filesystem>
#include <optional>
#include <string>

#include "experiments/lab/figure.h"
#include "experiments/report/table_slice.h"

namespace dualtape::analyses {

// Where the tables lie, which training is drawn, and the setting for subtitles.
struct AblationSource {
    std::filesystem::path folder;
    std::string training;  // as TableSlice::training
    std::string setting;

    // The training's rows at its last step; none when the table is missing.
    report::TableSlice rows(const char* table) const;
    // What units are ranked by, as the label of an axis.
    std::string importance() const;
    // "setting, seed 0, step 2000, layers.0.post"
    std::string subtitle(const report::TableSlice& rows) const;
};

// "replaced by zero", "replaced by the mean", "replaced by resampling"
std::string replaced_by(const std::string& mode);
// "test" if rows of that part are there, else "train".
std::string shown_part(const report::TableSlice& rows);

// Each is empty when its table, or what it shows of it, is missing.
// ablation_unit_figures.cpp: what units do.
std::optional<lab::Figure> activation_heatmap(const AblationSource& source);
std::optional<lab::Figure> activation_vs_sum(const AblationSource& source);
std::optional<lab::Figure> neuron_importance(const AblationSource& source);
// ablation_effect_figures.cpp: what is lost without them.
std::optional<lab::Figure> ablation_curves(const AblationSource& source);
std::optional<lab::Figure> ablation_single(const AblationSource& source);
std::optional<lab::Figure> pair_interactions(const AblationSource& source);
// From three checkpoints on.
std::optional<lab::Figure> ablation_over_time(const AblationSource& source);

}  // namespace dualtape::analyses
