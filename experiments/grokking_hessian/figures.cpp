// The figures of grokking_hessian in their order, and their drawing.

#include "experiments/analyses/curvature/curvature_figures.h"
#include "experiments/grokking_hessian/figure_source.h"
#include "experiments/grokking_hessian/report.h"

namespace dualtape::grokking_hessian {

namespace {

using MakeFigure = std::function<std::optional<lab::Figure>(
    const report::TrainingGroups::Group& group, const std::string& stem)>;

// A figure of the first seed of every depth, whose groups are called "depth 2, seed 0".
void add_by_depth(const FigureSource& source, const report::TrainingGroups& table, const char* stem,
                  const MakeFigure& make, std::vector<lab::Figure>& figures) {
    for (const std::int64_t depth : source.curvature.depths()) {
        for (const report::TrainingGroups::Group& group : table.groups()) {
            if (!group.name.starts_with(name_of(depth) + ",")) continue;
            const auto figure = make(group, std::string(stem) + "_depth" + std::to_string(depth));
            if (figure) figures.push_back(*figure);
            break;
        }
    }
}

// What --curvature measured beside both ends, depth by depth.
void add_measured(const std::filesystem::path& folder, const FigureSource& source,
                  std::vector<lab::Figure>& figures) {
    const report::TrainingGroups density(folder / "density.tsv"), counts(folder / "counts.tsv"),
        curvature(folder / "curvature.tsv"), layers(folder / "layers.tsv");
    const std::string setting = source.setting();
    const auto density_of = [&](const auto& group, const std::string& stem) {
        return analyses::density_figure(folder, density, group, stem, setting);
    };
    const auto from = [&](const report::TrainingGroups& table, auto* make) {
        return [&table, make, &setting](const auto& group, const std::string& stem) {
            return make(table, group, stem, setting);
        };
    };
    add_by_depth(source, density, "spectral_density", density_of, figures);
    add_by_depth(source, counts, "eigenvalue_counts", from(counts, analyses::counts_figure),
                 figures);
    add_by_depth(source, curvature, "gauss_newton", from(curvature, analyses::trace_figure),
                 figures);
    add_by_depth(source, curvature, "edge_of_stability",
                 from(curvature, analyses::stability_figure), figures);
    add_by_depth(source, layers, "layers", from(layers, analyses::layers_figure), figures);
}

}  // namespace

std::vector<lab::Figure> make_grokking_hessian_figures(const std::filesystem::path& folder) {
    const FigureSource source(folder);
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

report::ExperimentReport grokking_hessian_report() {
    const lab::Axis accuracy{.label = "accuracy", .min = 0, .max = 1};
    const lab::Axis nats{.label = "cross-entropy (nats)", .scale = lab::Scale::log};
    const lab::Axis sharpness{.label = "largest eigenvalue", .scale = lab::Scale::log};
    return {.figures = make_grokking_hessian_figures,
            .report = make_grokking_hessian_report,
            .compared = {{"metrics.tsv", "test_accuracy", "Test accuracy", accuracy},
                         {"metrics.tsv", "test_loss", "Test loss", nats},
                         {"metrics.tsv", "train_loss", "Train loss", nats},
                         {"curvature.tsv", "lambda_max", "Sharpness", sharpness}}};
}

}  // namespace dualtape::grokking_hessian
