// What figures show and how it is laid out: gaps, panels without content, ranges, grids, and texts
// that do not hide each other.
#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "experiments/lab/figure.h"
#include "experiments/lab/figure_axis.h"
#include "experiments/lab/figure_content.h"
#include "experiments/lab/figure_layout.h"
#include "experiments/lab/figure_looks.h"
#include "experiments/lab/figure_ranges.h"
#include "experiments/lab/figure_script.h"
#include "experiments/lab/report.h"
#include "experiments/lab/table.h"
#include "tests/support/lab.h"
#include "tests/support/svg_texts.h"

using namespace dualtape::lab;
namespace fs = std::filesystem;

namespace {

const double kGap = std::numeric_limits<double>::quiet_NaN();

Figure figure_with(Axis x, Series series) {
    Figure figure;
    figure.stem = "example";
    figure.x = std::move(x);
    figure.add_panel({.label = "y"}).series.push_back(std::move(series));
    return figure;
}

// Columns of the .tsv of a figure.
std::vector<double> drawn(const Figure& figure, const char* column) {
    const TemporaryFolder folder;
    spit(folder / "drawn.tsv", write_figure(figure).data);
    return read_table(folder / "drawn.tsv").numbers(column);
}

// Neighbouring points of the table on either side of a zone around zero.
std::size_t num_leaps(const Figure& figure, double zone) {
    const std::vector<double> x = drawn(figure, "x"), y = drawn(figure, "y");
    std::size_t leaps = 0;
    for (std::size_t i = 1; i < x.size(); ++i) {
        const bool is_drawn = !std::isnan(y[i - 1]) && !std::isnan(y[i]);
        leaps +=
            is_drawn && x[i - 1] * x[i] < 0 && std::min(std::abs(x[i - 1]), std::abs(x[i])) >= zone;
    }
    return leaps;
}

// The text faults of the drawn figure; none where there is no gnuplot.
std::string text_fault(const Figure& figure) {
    const TemporaryFolder folder;
    const DrawOutcome outcome = draw(figure, folder.path);
    if (outcome.status == DrawOutcome::Status::no_gnuplot) return "";
    if (!outcome.is_drawn()) return outcome.message;
    return dualtape::testing::fault_of_texts(slurp(folder / (figure.stem + ".svg")));
}

HeatMap checkered(std::size_t size) {
    HeatMap map;
    for (std::size_t i = 0; i < size; ++i) map.x.push_back(static_cast<double>(i));
    map.y = map.x;
    for (std::size_t i = 0; i < size * size; ++i)
        map.value.push_back(i % 2 == 0 ? 0.000123 : -0.00123);
    return map;
}

Figure grid_of(std::size_t panels, int columns, const std::string& title = "unit 7") {
    Figure figure;
    figure.stem = "grid";
    figure.title = "A grid";
    figure.x = {.label = "(a + b) mod p"};
    figure.columns = columns;
    for (std::size_t i = 0; i < panels; ++i)
        figure.add_panel({.label = "activation"}, title).heat_map = checkered(3);
    return figure;
}

int columns_of(const Figure& figure) {
    return fitting_columns(figure, make_x_axis(figure), make_y_axes(figure),
                           FigureLooks(figure).legends());
}

}  // namespace

TEST_CASE("no line crosses the zone around zero that its points leave out") {
    const Axis symlog{.label = "eigenvalue", .scale = Scale::symlog, .linear_below = 0.1};
    const std::vector<double> x{-10, -1, -0.1, 0.1, 1, 10}, y{1, 2, 3, 3, 2, 1};
    CHECK(num_leaps(figure_with(symlog, {.name = "density", .x = x, .y = y}), 0.1) == 0);
    CHECK(num_leaps(figure_with(symlog, {.x = x, .y = y, .mark = Mark::line_points}), 0.1) == 0);
    // Falling x, a band, and several leaps.
    const Series band{.x = {5, -5, 5}, .y = {1, 2, 3}, .low = {0, 1, 2}, .high = {2, 3, 4}};
    CHECK(num_leaps(figure_with(symlog, band), 0.1) == 0);
    CHECK(drawn(figure_with(symlog, band), "y").size() == 5);
    CHECK(std::isnan(drawn(figure_with(symlog, band), "low")[1]));
    // Lines that are known in the zone stay whole, and points are no line.
    const Series known{.x = {-1, -0.05, 0.05, 1}, .y = {1, 2, 2, 1}};
    CHECK(drawn(figure_with(symlog, known), "y").size() == 4);
    const Series points{.x = {-1, 1}, .y = {1, 1}, .mark = Mark::points};
    CHECK(drawn(figure_with(symlog, points), "y").size() == 2);
    CHECK(drawn(figure_with({.label = "x"}, {.x = {-1, 1}, .y = {1, 1}}), "y").size() == 2);
}

TEST_CASE("the drawn line has a gap where the table has one") {
    const TemporaryFolder folder;
    const Axis symlog{.scale = Scale::symlog, .linear_below = 0.1};
    Figure figure =
        figure_with(symlog, {.x = {-10, -1, 1, 10}, .y = {1, 2, 2, 1}, .colour = "#0072B2"});
    if (!draw(figure, folder.path).is_drawn()) return;
    const std::string svg = slurp(folder / "example.svg");
    const std::size_t stroke = svg.find("stroke='rgb(  0, 114, 178)'");
    REQUIRE(stroke != svg.npos);
    const std::string path = svg.substr(stroke, svg.find("/>", stroke) - stroke);
    CHECK(std::count(path.begin(), path.end(), 'L') == 2);
}

TEST_CASE("a panel without values, of zeros, or of the first colour alone shows nothing") {
    const Axis log{.scale = Scale::log}, linear;
    const auto reason = [&](Panel panel, const Axis& x) { return blankness(panel, x); };
    const auto line = [](Axis y, std::vector<double> values) {
        Panel panel;
        panel.y = y;
        panel.series.push_back({.x = {1, 2}, .y = std::move(values)});
        panel.references.push_back({.at = 1, .label = "chance"});
        return panel;
    };
    const auto map = [](std::vector<double> values, std::optional<double> min) {
        Panel panel;
        panel.heat_map = HeatMap{.x = {1, 2}, .y = {1}, .value = std::move(values)};
        panel.colours.min = min;
        return panel;
    };
    CHECK(reason(Panel(), linear) == "no values");
    CHECK(reason(line(linear, {kGap, kGap}), linear) == "no values");
    CHECK(reason(line(log, {-1, 0}), linear) == "no values");
    CHECK(reason(line(linear, {0, 0}), linear) == "zero everywhere");
    CHECK(reason(line(linear, {0, 1e-9}), linear) == "");
    const Axis fixed{.min = -0.02, .max = 0.01};
    CHECK(reason(line(fixed, {0, -1e-5}), linear) == "zero to within the width of a line");
    CHECK(reason(line(fixed, {0, -1e-3}), linear) == "");
    CHECK(reason(line(log, {-1, 1e-9}), linear) == "");
    CHECK(reason(map({0, 0}, {}), linear) == "zero everywhere");
    CHECK(reason(map({kGap, kGap}, {}), linear) == "no values");
    CHECK(reason(map({0.5, 0.3}, 0.5), linear) == "nowhere above 0.5");
    CHECK(reason(map({0.5, 0.6}, 0.5), linear) == "");
    CHECK(reason(map({-1, -2}, {}), linear) == "");
    // An interval is something to see; a step that has no place on the axis is not.
    Panel uncertain = line(linear, {0, 0});
    uncertain.series[0].low = {-1, 0};
    uncertain.series[0].high = {1, 0};
    CHECK(reason(uncertain, linear) == "");
    Panel start = line(linear, {5, 5});
    start.series[0].x = {0, -1};
    CHECK(reason(start, log) == "no values");
}

TEST_CASE("panels that show nothing are left out, and the caption says which") {
    Figure figure;
    figure.stem = "mixed";
    figure.caption = "Two panels.";
    figure.add_panel({.label = "accuracy"}, "dead unit")
        .series.push_back({.x = {1, 2}, .y = {0, 0}});
    figure.add_panel({.label = "loss"}).series.push_back({.x = {1, 2}, .y = {1, 2}});
    figure.add_panel({.label = "trace"}).series.push_back({.x = {1, 2}, .y = {kGap, kGap}});
    const TemporaryFolder folder;
    draw(figure, folder.path);
    CHECK(read_table(folder / "mixed.tsv").numbers("panel") == std::vector<double>{1, 1});
    const ReportFigure told(figure);
    CHECK_FALSE(told.is_blank);
    CHECK(told.caption == "Two panels. Not drawn: dead unit (zero everywhere), trace (no values).");
}

TEST_CASE("a figure that shows nothing is not drawn, and no older drawing passes for it") {
    Figure figure = figure_with({}, {.x = {1, 2}, .y = {1, 2}});
    const TemporaryFolder folder;
    draw(figure, folder.path);
    REQUIRE(fs::exists(folder / "example.tsv"));
    figure.panels[0].series[0].y = {0, 0};
    const DrawOutcome outcome = draw(figure, folder.path);
    CHECK(outcome.status == DrawOutcome::Status::blank);
    CHECK(outcome.message == "there is nothing to draw");
    CHECK(fs::is_empty(folder.path));
    CHECK(ReportFigure(figure).is_blank);
}

TEST_CASE("values that are never negative get no negative range, on axes and colours alike") {
    for (const double value : {0.0, 0.2, 3.0, 1e9}) {
        CHECK(AxisView(Axis{}, {value, value}, 0.05, 7).low() >= 0);
        CHECK(AxisView(Axis{}, {value}, 0, 7).high() > value);
        Figure figure;
        figure.stem = "map";
        figure.add_panel({}).heat_map = HeatMap{.x = {1, 2}, .y = {1}, .value = {value, value}};
        CHECK(colour_axis(figure, 0).low() >= 0);
    }
    CHECK(AxisView(Axis{}, {-0.2, -0.2}, 0.05, 7).low() < -0.2);
    CHECK(AxisView(Axis{.scale = Scale::symlog}, {0.0}, 0.05, 7).low() < 0);
}

TEST_CASE("no row of a grid is a single panel") {
    for (std::size_t panels = 2; panels <= 13; ++panels) {
        for (int wanted = 2; wanted <= 5; ++wanted) {
            const int columns = columns_of(grid_of(panels, wanted));
            INFO(panels, " panels, ", wanted, " columns wanted, ", columns, " given");
            CHECK(columns >= 2);
            const int last_row = static_cast<int>(panels) % columns;
            CHECK((last_row != 1 || static_cast<int>(panels) <= columns));
        }
    }
    CHECK(columns_of(grid_of(9, 3)) == 3);
    CHECK(columns_of(grid_of(10, 3)) == 4);
    CHECK(columns_of(grid_of(3, 2)) == 3);
    CHECK(columns_of(grid_of(1, 3)) == 1);
    CHECK(columns_of(grid_of(4, 1)) == 1);
}

TEST_CASE("a grid has as few columns as the titles of its panels need") {
    const std::string title = "depth 2, width 128, hidden layers of another kind";
    CHECK(columns_of(grid_of(6, 3, title)) < 3);
    CHECK(text_fault(grid_of(6, 3, title)) == "");
}

TEST_CASE("texts of a figure do not hide each other, whatever their lengths") {
    const std::string label = "root mean square written to the logits of the network";
    SUBCASE("labels of stacked panels are as long as the panels are high") {
        Figure figure = figure_with({.label = "step", .scale = Scale::log},
                                    {.name = "one", .x = {1, 10}, .y = {1, 2}});
        for (int i = 0; i < 3; ++i)
            figure.add_panel({.label = label}, "a panel")
                .series.push_back({.name = "two", .x = {1, 10}, .y = {1, 2}});
        CHECK(text_fault(figure) == "");
    }
    SUBCASE("names of categories are turned where they would touch, in grids as well") {
        for (const int columns : {1, 2, 3}) {
            Figure figure = grid_of(6, columns);
            for (double i = 0; i < 3; ++i)
                figure.x.ticks.push_back({i, "layers." + std::to_string(int(i)) + ".post"});
            INFO(columns);
            CHECK(text_fault(figure) == "");
        }
    }
    SUBCASE("the label of an axis that a grid shares stands once") {
        Figure figure = grid_of(5, 5);
        figure.x.label = label;
        CHECK(text_fault(figure) == "");
    }
    SUBCASE("the labels of a colour scale and its title find room, however many digits") {
        for (const int columns : {1, 2}) {
            Figure figure = grid_of(2, columns);
            for (Panel& panel : figure.panels)
                panel.colours.label = "interaction of the loss of two units (nats)";
            INFO(columns);
            CHECK(text_fault(figure) == "");
        }
    }
    SUBCASE("many names on a y axis are a high panel") {
        Figure figure = grid_of(1, 1);
        figure.panels[0].heat_map = checkered(24);
        for (double i = 0; i < 24; ++i) figure.panels[0].y.ticks.push_back({i, "a concept"});
        CHECK(text_fault(figure) == "");
    }
    SUBCASE("many decades on both sides of zero") {
        for (const double least : {1e-12, 1e-6, 1e-2}) {
            Figure figure =
                figure_with({.label = "step"}, {.name = "one", .x = {0, 1}, .y = {-1e3, 1e3}});
            figure.panels[0].y.scale = Scale::symlog;
            figure.panels[0].y.linear_below = least;
            figure.panels.push_back(figure.panels[0]);
            figure.panels.push_back(figure.panels[0]);
            INFO(least);
            CHECK(text_fault(figure) == "");
        }
    }
    SUBCASE("legends of several rows, of letters narrower than gnuplot counts them") {
        for (const int entries : {2, 3, 4, 5, 6}) {
            for (const std::string name : {"train", "random orders, median and 95 %",
                                           "all, keys only (restricted) till the end"}) {
                Figure figure = figure_with({.label = "step"}, {});
                figure.subtitle = "a setting that is told in a line";
                figure.panels[0].series.clear();
                for (int i = 0; i < entries; ++i)
                    figure.panels[0].series.push_back(
                        {.name = name + " " + std::to_string(i), .x = {0, 1}, .y = {1, 2}});
                INFO(entries, " of ", name);
                CHECK(text_fault(figure) == "");
            }
        }
    }
    SUBCASE("long names at both ends of the x axis, and of legends") {
        Figure figure =
            figure_with({.label = "node", .ticks = {{0, "the first node"}, {9, "last"}}},
                        {.name = label, .x = {0, 9}, .y = {1, 2}});
        figure.panels[0].series.push_back({.name = label + " too", .x = {0, 9}, .y = {1, 3}});
        CHECK(text_fault(figure) == "");
    }
}
