#include "experiments/comparison/comparison_figures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/lab/table.h"
#include "experiments/report/step_axis.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::comparison {

namespace {

struct Curve {
    std::vector<double> steps, values;
};

// Curves of the seeds of one run, by configuration; these in the order of the table.
struct RunCurves {
    std::vector<std::string> configurations;
    std::map<std::string, std::map<std::string, Curve>> by_configuration;  // and by seed
};

RunCurves read_curves(const NamedRun& run, const report::ComparedColumn& wanted) {
    RunCurves curves;
    const std::filesystem::path path = run.folder / wanted.table;
    if (!std::filesystem::exists(path)) return curves;
    const lab::Table table = lab::read_table(path);
    if (!table.has_column(wanted.column)) return curves;
    const std::vector<double> steps = table.numbers("step"), values = table.numbers(wanted.column);
    const std::size_t labels = table.column("step");
    for (std::size_t row = 0; row < table.num_rows(); ++row) {
        if (std::isnan(values[row])) continue;
        std::string configuration, seed;
        for (std::size_t i = 0; i < labels; ++i) {
            const std::string& cell = table.rows[row][i];
            if (table.columns[i] == "seed") {
                seed = cell;
            } else {
                configuration +=
                    (configuration.empty() ? "" : ", ") + table.columns[i] + " " + cell;
            }
        }
        if (curves.by_configuration.find(configuration) == curves.by_configuration.end())
            curves.configurations.push_back(configuration);
        Curve& curve = curves.by_configuration[configuration][seed];
        curve.steps.push_back(steps[row]);
        curve.values.push_back(values[row]);
    }
    return curves;
}

// Median and interval over the seeds, at the steps that all of them have.
lab::Series series_of(const std::string& name, const std::map<std::string, Curve>& seeds) {
    std::map<double, std::vector<double>> by_step;
    for (const auto& [seed, curve] : seeds) {
        for (std::size_t i = 0; i < curve.steps.size(); ++i) {
            by_step[curve.steps[i]].push_back(curve.values[i]);
        }
    }
    lab::Series series{.name = name};
    std::vector<std::vector<double>> curves(seeds.size());
    for (const auto& [step, values] : by_step) {
        if (values.size() < seeds.size()) continue;
        series.x.push_back(step);
        for (std::size_t i = 0; i < curves.size(); ++i) curves[i].push_back(values[i]);
    }
    const statistics::Band band = statistics::median_band(curves);
    series.y = band.middle;
    if (curves.size() > 1) {
        series.low = band.low;
        series.high = band.high;
    }
    return series;
}

// The axis as declared; symmetric when a logarithm cannot show all values.
lab::Axis fitting_axis(lab::Axis axis, const std::vector<RunCurves>& curves) {
    for (const RunCurves& run : curves) {
        for (const auto& [configuration, seeds] : run.by_configuration) {
            for (const auto& [seed, curve] : seeds) {
                const bool is_positive = std::all_of(curve.values.begin(), curve.values.end(),
                                                     [](double value) { return value > 0; });
                if (axis.scale == lab::Scale::log && !is_positive) axis.scale = lab::Scale::symlog;
            }
        }
    }
    return axis;
}

}  // namespace

std::vector<lab::Figure> comparison_figures(const std::vector<NamedRun>& runs,
                                            const std::vector<report::ComparedColumn>& columns,
                                            bool in_one_panel) {
    std::vector<lab::Figure> figures;
    for (const report::ComparedColumn& column : columns) {
        std::vector<RunCurves> curves;
        std::vector<std::string> panels;  // titles, in their order
        for (const NamedRun& run : runs) {
            curves.push_back(read_curves(run, column));
            for (const std::string& configuration : curves.back().configurations) {
                const std::string title = in_one_panel ? "" : configuration;
                if (std::find(panels.begin(), panels.end(), title) == panels.end()) {
                    panels.push_back(title);
                }
            }
        }
        if (panels.empty()) continue;
        lab::Figure figure;
        figure.stem = column.column;
        figure.title = column.title + " of each run";
        figure.subtitle = in_one_panel         ? "a line for every configuration"
                          : panels.size() == 1 ? panels[0]
                                               : "a panel for every configuration";
        figure.caption =
            "A line for each run: median over its seeds, with its 95 % bootstrap interval as a "
            "band where there are several; it ends with the first seed that ends.";
        figure.alt = column.title + " against the step, a line for each run.";
        figure.columns = panels.size() == 1 ? 1 : panels.size() <= 4 ? 2 : 3;
        const lab::Axis axis = fitting_axis(column.axis, curves);
        for (const std::string& title : panels) {
            lab::Panel& panel = figure.add_panel(axis, panels.size() == 1 ? "" : title);
            for (std::size_t i = 0; i < runs.size(); ++i) {
                for (const std::string& configuration : curves[i].configurations) {
                    if (!in_one_panel && configuration != title) continue;
                    const bool is_named = in_one_panel && !configuration.empty();
                    lab::Series series =
                        series_of(runs[i].name + (is_named ? ", " + configuration : ""),
                                  curves[i].by_configuration.at(configuration));
                    const std::size_t look = in_one_panel ? panel.series.size() : i;
                    series.colour = lab::okabe_ito(static_cast<int>(look));
                    // Colours repeat after six.
                    series.dash = look < 6 ? lab::Dash::solid : lab::Dash::dashed;
                    panel.series.push_back(std::move(series));
                }
            }
        }
        figure.x = report::step_axis(figure);
        figures.push_back(std::move(figure));
    }
    return figures;
}

}  // namespace dualtape::comparison
