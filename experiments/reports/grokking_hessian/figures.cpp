// The figures of grokking_hessian in their order, and their drawing.

#include "experiments/reports/curvature_figures.h"
#include "experiments/reports/grokking_hessian.h"
#include "experiments/reports/grokking_hessian/figure_source.h"

namespace dualtape::reports {

namespace {

using MakeFigure =
    std::function<lab::Figure(const CurvatureGroups::Group& group, const std::string& stem)>;

// A figure of the first seed of every depth, whose groups are called "depth 2, seed 0".
void add_by_depth(const FigureSource& source, const CurvatureGroups& table, const char* stem,
                  const MakeFigure& make, std::vector<lab::Figure>& figures) {
    for (const std::int64_t depth : source.curvature.depths()) {
        for (const CurvatureGroups::Group& group : table.groups()) {
            if (!group.name.starts_with(name_of(depth) + ",")) continue;
            figures.push_back(make(group, std::string(stem) + "_depth" + std::to_string(depth)));
            break;
        }
    }
}

// What --curvature measured beside both ends, depth by depth.
void add_measured(const std::filesystem::path& folder, const FigureSource& source,
                  std::vector<lab::Figure>& figures) {
    const CurvatureGroups density(folder / "density.tsv"), counts(folder / "counts.tsv"),
        curvature(folder / "curvature.tsv"), layers(folder / "layers.tsv");
    const std::string setting = source.setting();
    const auto density_of = [&](const auto& group, const std::string& stem) {
        return density_figure(folder, density, group, stem, setting);
    };
    const auto from = [&](const CurvatureGroups& table, auto* make) {
        return [&table, make, &setting](const auto& group, const std::string& stem) {
            return make(table, group, stem, setting);
        };
    };
    add_by_depth(source, density, "spectral_density", density_of, figures);
    add_by_depth(source, counts, "eigenvalue_counts", from(counts, counts_figure), figures);
    add_by_depth(source, curvature, "gauss_newton", from(curvature, trace_figure), figures);
    add_by_depth(source, curvature, "edge_of_stability", from(curvature, stability_figure),
                 figures);
    add_by_depth(source, layers, "layers", from(layers, layers_figure), figures);
}

}  // namespace

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
    add_measured(folder, source, figures);
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
