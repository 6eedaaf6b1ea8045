#pragma once
// What the figures of grokking_hessian share: their tables, the words for the setting, a line per
// depth with its band over seeds, and the marks of grokking.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "experiments/grokking_hessian/by_depth.h"
#include "experiments/lab/figure.h"
#include "experiments/report/run_tables.h"
#include "experiments/report/training_groups.h"

namespace dualtape::grokking_hessian {

struct FigureSource {
    explicit FigureSource(const std::filesystem::path& folder);

    const std::vector<std::int64_t>& depths() const { return metrics.depths(); }
    std::vector<std::int64_t> depths_where(const std::function<bool(std::int64_t)>& holds) const;
    bool is_one_seed() const { return metrics.seeds().size() == 1; }
    // "one seed", "5 seeds".
    std::string seeds() const;
    // "(a + b) mod 97, two integer inputs, train share 0.1, width 128, Adam, one seed".
    std::string setting() const;
    // A last sentence for captions of lines with bands.
    std::string band_note() const;
    // The same for a depth in all figures; from dark to light where there are more than six.
    std::string colour(std::int64_t depth) const;
    // Where the first visits stand on the x axis of curvature.
    std::vector<double> positions(std::vector<double> steps) const;

    report::RunSettings settings;
    report::SeedTable metrics, curvature, overlap, summary;
    report::TrainingGroups eigenvalues;
    ByDepth by_depth;
    bool by_index;
};

std::string name_of(std::int64_t depth);  // "depth 2"

// A column of one depth against the step: median and band over seeds.
lab::Series line_of(const FigureSource& source, const report::SeedTable& table, const char* column,
                    std::int64_t depth);

// Dotted verticals where each depth first keeps 0.9 test accuracy, in its colour; the subtitle and
// the caption say so. Nothing where no depth does.
enum class Against { step, visit };
void mark_grokking(const FigureSource& source, lab::Figure& figure, Against axis);
// The place of a step among the visits of a depth.
double place_among_visits(const FigureSource& source, std::int64_t depth, double step);

// Figures of training: accuracy, losses, gradient.
lab::Figure test_accuracy(const FigureSource& source);
lab::Figure losses(const FigureSource& source);
lab::Figure gradient_norm(const FigureSource& source);

// Figures of curvature: sharpness by step and by depth, both ends of the spectrum, overlap of
// leading eigenvectors.
lab::Figure sharpness_by_step(const FigureSource& source);
lab::Figure sharpness_by_depth(const FigureSource& source);
lab::Figure spectrum_ends(const FigureSource& source, std::int64_t depth);
lab::Figure eigenvector_overlap(const FigureSource& source, std::int64_t depth);

}  // namespace dualtape::grokking_hessian
