// Figures of measured curvature: what they show, and that their texts find room.
#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "experiments/analyses/curvature/curvature_figures.h"
#include "experiments/lab/figure_layout.h"
#include "experiments/lab/figure_looks.h"
#include "experiments/lab/figure_ranges.h"
#include "experiments/lab/figure_script.h"
#include "experiments/lab/markup.h"
#include "tests/support/lab.h"

namespace dualtape::analyses {

using namespace dualtape::report;

namespace {

// Four visits of one training by Adam.
TrainingGroups visits(const lab::TemporaryFolder& folder) {
    lab::TableWriter table(folder / "curvature.tsv",
                           {"depth", "seed", "step", "lambda_max", "descent_threshold",
                            "preconditioned_lambda_max", "preconditioned_threshold"});
    table.add_row({2, 0, 0, 0.1, 200, lab::Cell(), lab::Cell()});
    for (const int step : {10, 20, 30}) table.add_row({2, 0, step, 0.2 * step, 200, 1e5, 3800});
    table.close();
    return TrainingGroups(folder / "curvature.tsv");
}

// A density at five steps, with four decades on either side of zero.
TrainingGroups densities(const lab::TemporaryFolder& folder) {
    lab::TableWriter table(folder / "density.tsv",
                           {"depth", "seed", "step", "axis", "x", "density"});
    for (const int step : {0, 1, 2, 3, 1000}) {
        for (const double x : {-0.5, -0.05, -5e-5, 5e-5, 0.05, 0.5}) {
            table.add_row({2, 0, step, "signed log", x, 0.1});
        }
    }
    table.close();
    lab::TableWriter nodes(folder / "density_nodes.tsv",
                           {"depth", "seed", "step", "probe", "node", "weight"});
    nodes.add_row({2, 0, 1000, "exact", 0.4, lab::Cell()});
    nodes.close();
    return TrainingGroups(folder / "density.tsv");
}

struct Drawing {
    explicit Drawing(const lab::Figure& figure)
        : y(lab::make_y_axes(figure)),
          x(lab::fit_x_axis(figure, y, lab::FigureLooks(figure).legends())),
          layout(lab::lay_out(figure, x, y, lab::FigureLooks(figure).legends())) {}

    std::vector<lab::AxisView> y;
    lab::AxisView x;
    lab::Layout layout;
};

std::vector<std::string> names(const lab::Panel& panel) {
    std::vector<std::string> all;
    for (const lab::Series& series : panel.series) all.push_back(series.name);
    return all;
}

}  // namespace

TEST_CASE("the density shows four steps and the eigenpairs; its labels do not touch") {
    const lab::TemporaryFolder folder;
    const TrainingGroups density = densities(folder);
    const lab::Figure figure =
        density_figure(folder.path, density, density.groups()[0], "density", "a setting").value();
    CHECK(figure.caption.find("from the whole matrix") != std::string::npos);
    CHECK(figure.subtitle == "a setting, depth 2, seed 0");
    CHECK(names(figure.panels[0]) == std::vector<std::string>{"step 0", "step 1", "step 2",
                                                              "step 1000",
                                                              "single eigenpairs, last step"});
    const Drawing drawing(figure);
    REQUIRE(drawing.layout.legends[0].is_right);
    CHECK_FALSE(drawing.x.has_touching_labels(drawing.layout.panels[0].box.width(),
                                              lab::Layout::kSmallFont));
}

TEST_CASE("the density has its last step when the spectrum has shrunk by decades, and no bridge") {
    for (const double last : {1e-2, 1e-4, 1e-6}) {
        const lab::TemporaryFolder folder;
        lab::TableWriter table(folder / "density.tsv", {"step", "axis", "x", "density"});
        const auto add = [&](int step, double largest) {
            for (const double sign : {-1.0, 1.0}) {
                for (const double x : {1e-7, 1e-5, 1e-3, 1e-1, 10.0}) {
                    const double at = sign < 0 ? 1e-6 / x : x;           // from -10 up
                    const double density = at <= largest ? 0.1 : 1e-12;  // a smooth tail
                    table.add_row({step, "signed log", sign * at, density});
                }
            }
        };
        add(0, 10);
        add(500, last);
        table.close();
        lab::TableWriter(folder / "density_nodes.tsv", {"step", "probe", "node", "weight"}).close();
        const TrainingGroups density(folder / "density.tsv");
        const lab::Figure figure =
            density_figure(folder.path, density, density.groups()[0], "density", "").value();
        REQUIRE(names(figure.panels[0]) == std::vector<std::string>{"step 0", "step 500"});
        const lab::Series& shrunk = figure.panels[0].series[1];
        const auto is_seen = [&](std::size_t i) {
            return shrunk.y[i] == 0.1 && std::abs(shrunk.x[i]) <= last;
        };
        std::size_t seen = 0;
        for (std::size_t i = 0; i < shrunk.x.size(); ++i) seen += is_seen(i);
        INFO("largest at the last step ", last);
        CHECK(seen > 0);
        // Between the smallest points on either side of zero the table has a row without a value.
        const std::string data = lab::write_figure(figure).data;
        CHECK(data.find("\t0\tnan\t") != std::string::npos);
    }
}

TEST_CASE("a density that is zero everywhere has no figure") {
    const lab::TemporaryFolder folder;
    lab::TableWriter table(folder / "density.tsv", {"step", "axis", "x", "density"});
    for (const double x : {-1.0, 1.0}) table.add_row({0, "signed log", x, 0.0});
    table.close();
    const TrainingGroups density(folder / "density.tsv");
    CHECK_FALSE(density_figure(folder.path, density, density.groups()[0], "density", ""));
}

TEST_CASE("the trace of Gauss-Newton has no interval below zero, that of the Hessian may have") {
    const lab::TemporaryFolder folder;
    lab::TableWriter table(folder / "curvature.tsv",
                           {"step", "lambda_max", "ggn_lambda_max", "trace", "trace_error",
                            "ggn_trace", "ggn_trace_error"});
    table.add_row({0, 1, 1, 0.1, 1, 0.2, 1});
    table.add_row({10, 1, 1, 5, 1, 5, 1});
    table.close();
    const TrainingGroups curvature(folder / "curvature.tsv");
    const lab::Figure figure = trace_figure(curvature, curvature.groups()[0], "trace", "");
    const auto& series = figure.panels[1].series;
    CHECK(series[0].low == std::vector<double>{-1.9, 3});
    CHECK(series[1].low == std::vector<double>{0, 3});
}

TEST_CASE("bands of counts fall as the counts do") {
    const lab::TemporaryFolder folder;
    lab::TableWriter table(folder / "counts.tsv", {"step", "x", "count", "count_error"});
    table.add_row({0, 1, 100, 1});
    table.add_row({0, 2, 60, 40});
    table.add_row({0, 3, 20, 1});
    table.close();
    const TrainingGroups counts(folder / "counts.tsv");
    const lab::Figure figure = counts_figure(counts, counts.groups()[0], "counts", "");
    CHECK(figure.panels[0].series[0].low == std::vector<double>{98, 18, 18});
    CHECK(figure.panels[0].series[0].high == std::vector<double>{102, 102, 22});
    CHECK(figure.caption.find("resolution of the quadrature") != std::string::npos);
}

TEST_CASE("a spectrum of one end is not called both") {
    const auto figure_of = [](const std::vector<const char*>& ends) {
        const lab::TemporaryFolder folder;
        lab::TableWriter table(folder / "eigenvalues.tsv", {"step", "end", "rank", "value",
                                                            "residual", "bound", "is_converged"});
        for (const char* end : ends) table.add_row({0, end, 1, 1.0, 0.0, 0.0, 1});
        table.close();
        const TrainingGroups eigenvalues(folder / "eigenvalues.tsv");
        return ends_figure(eigenvalues, eigenvalues.groups()[0], "ends", "");
    };
    CHECK(figure_of({"largest", "smallest"}).title == "Both ends of the spectrum");
    CHECK(figure_of({"largest"}).title == "The largest eigenvalues");
    CHECK(figure_of({"smallest"}).title == "The smallest eigenvalues");
    CHECK(figure_of({"largest"}).caption.find("smallest") == std::string::npos);
    CHECK(figure_of({"smallest"}).caption.find("largest") == std::string::npos);
}

TEST_CASE("thresholds of stability stand in the panel of their sharpness; y labels find room") {
    const lab::TemporaryFolder folder;
    const TrainingGroups curvature = visits(folder);
    const lab::Figure figure = stability_figure(curvature, curvature.groups()[0], "edge", "");
    REQUIRE(figure.panels.size() == 2);
    CHECK(figure.panels[0].references[0].at == 200);
    CHECK(figure.panels[1].references[0].at == 3800);
    CHECK(figure.panels[1].series[0].y.size() == 4);
    const Drawing drawing(figure);
    for (std::size_t i = 0; i < 2; ++i) {
        const double width = lab::text_width(figure.panels[i].y.label) * lab::Layout::kFont;
        CHECK_MESSAGE(width <= drawing.layout.panels[i].box.height(), figure.panels[i].y.label);
    }
}

}  // namespace dualtape::analyses
