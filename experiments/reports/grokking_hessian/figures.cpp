// The figures of grokking_hessian in their order, and their drawing.

#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/grokking_hessian/figure_source.h"

namespace dualtape::reports {

std::vector<lab::Figure> make_figures(const std::filesystem::path& folder, bool by_index) {
    const FigureSource source(folder, by_index);
    std::vector<lab::Figure> figures{test_accuracy(source), losses(source),
                                     sharpness_by_step(source), sharpness_by_depth(source),
                                     gradient_norm(source)};
    for (const std::int64_t depth : source.curvature.depths()) {
        figures.push_back(spectrum_ends(source, depth));
    }
    for (const std::int64_t depth : source.curvature.depths()) {
        figures.push_back(eigenvector_overlap(source, depth));
    }
    return figures;
}

void draw_figures(lab::Run& run, bool by_index) {
    bool has_gnuplot = true;
    for (const lab::Figure& figure : make_figures(run.folder.path(), by_index)) {
        const lab::DrawOutcome outcome = lab::draw(figure, run.folder.file("figures"));
        if (outcome.is_drawn()) continue;
        // Without gnuplot every figure would say the same.
        if (!has_gnuplot) continue;
        has_gnuplot = outcome.status != lab::DrawOutcome::Status::no_gnuplot;
        run.log.warn("figure " + figure.stem + ": " + outcome.message +
                     (outcome.hint.empty() ? "" : "; " + outcome.hint));
    }
}

}  // namespace dualtape::reports
