#include "experiments/comparison/comparison.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "experiments/comparison/comparison_figures.h"
#include "experiments/lab/cli.h"
#include "experiments/lab/printable.h"
#include "experiments/lab/table.h"
#include "experiments/registry.h"
#include "experiments/report/run_tables.h"

namespace dualtape::comparison {

namespace fs = std::filesystem;
using lab::InputError;

namespace {

std::vector<fs::path> distinct_paths(const std::vector<fs::path>& runs) {
    std::vector<fs::path> paths;
    for (const fs::path& run : runs) {
        fs::path path = fs::weakly_canonical(run);
        if (!path.has_filename()) path = path.parent_path();
        if (std::find(paths.begin(), paths.end(), path) != paths.end()) {
            throw InputError(run.string(), "is given twice", "compare different runs");
        }
        paths.push_back(std::move(path));
    }
    return paths;
}

// The last `count` parts of a path.
std::string tail(const fs::path& path, std::ptrdiff_t count) {
    fs::path end;
    const auto parts = std::distance(path.begin(), path.end());
    auto part = std::next(path.begin(), std::max<std::ptrdiff_t>(parts - count, 0));
    for (; part != path.end(); ++part) end /= *part;
    return end.string();
}

std::vector<std::string> short_names(const std::vector<fs::path>& paths) {
    for (std::ptrdiff_t count = 1;; ++count) {
        std::vector<std::string> names;
        for (const fs::path& path : paths) names.push_back(tail(path, count));
        if (std::set<std::string>(names.begin(), names.end()).size() < paths.size()) continue;
        for (std::string& name : names) name = lab::printable(name);
        return names;
    }
}

std::string text_of(const lab::FinalNumber& number) {
    const auto said = [&](double value) {
        const bool is_time = number.unit == "steps";
        return is_time && std::isinf(value) ? "censored" : report::readable(value);
    };
    std::string text = said(number.value);
    if (!std::isnan(number.low)) text += " [" + said(number.low) + ", " + said(number.high) + "]";
    return text;
}

void write_table(const fs::path& path, const lab::ReportTable& table) {
    lab::TableWriter writer(path, table.columns);
    for (const std::vector<std::string>& row : table.rows) {
        writer.add_row(std::vector<lab::Cell>(row.begin(), row.end()));
    }
    writer.close();
}

}  // namespace

Comparison::Comparison(const std::vector<fs::path>& runs) {
    if (runs.size() < 2) {
        throw InputError("", "a comparison needs two runs or more", "give several run folders");
    }
    const std::vector<std::string> names = short_names(distinct_paths(runs));
    for (std::size_t i = 0; i < runs.size(); ++i) {
        study::OpenedRun run(runs[i]);
        if (run.is_single()) {
            throw InputError(runs[i].string(), "is a checkpoint, not a run",
                             "give its run folder, " + run.folder().string());
        }
        const fs::path manifest = runs[i] / "manifest.json";
        sides_.push_back({names[i], std::move(run), lab::manifest_facts(manifest),
                          lab::manifest_numbers(manifest)});
    }
}

std::vector<std::string> Comparison::programs() const {
    std::vector<std::string> names;
    for (const Side& side : sides_) {
        const std::string& name = side.run.program();
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return names;
}

std::vector<std::string> Comparison::unshared_settings() const {
    std::vector<std::string> keys;
    for (const Side& side : sides_) {
        for (const lab::Option& option : side.run.options().all()) {
            const bool is_shared =
                std::all_of(sides_.begin(), sides_.end(), [&](const Side& other) {
                    return other.run.options().find(option.key()) != nullptr;
                });
            const bool is_new = std::find(keys.begin(), keys.end(), option.key()) == keys.end();
            if (!is_shared && is_new) keys.push_back(option.key());
        }
    }
    return keys;
}

std::vector<report::ComparedColumn> Comparison::shared_columns() const {
    std::vector<report::ComparedColumn> shared =
        experiments::experiment_report(programs()[0]).compared;
    for (const std::string& program : programs()) {
        const std::vector<report::ComparedColumn> own =
            experiments::experiment_report(program).compared;
        std::erase_if(shared, [&](const report::ComparedColumn& column) {
            return std::none_of(own.begin(), own.end(), [&](const report::ComparedColumn& other) {
                return other.table == column.table && other.column == column.column;
            });
        });
    }
    return shared;
}

lab::ReportTable Comparison::runs() const {
    lab::ReportTable table{
        .title = "Runs",
        .note = "",
        .columns = {"run", "folder", "experiment", "recipe", "status", "version", "commit"},
        .rows = {}};
    for (const Side& side : sides_) {
        table.rows.push_back({side.name, lab::printable(side.run.folder().string()),
                              side.run.program(), side.facts.recipe, side.facts.status,
                              side.facts.version, side.facts.git_hash});
    }
    return table;
}

lab::ReportTable Comparison::settings() const {
    lab::ReportTable table{
        .title = "Settings that differ", .note = "", .columns = {"setting"}, .rows = {}};
    for (const Side& side : sides_) table.columns.push_back(side.name);
    const std::vector<std::string> unshared = unshared_settings();
    for (const lab::Option& option : sides_[0].run.options().all()) {
        if (std::find(unshared.begin(), unshared.end(), option.key()) != unshared.end()) continue;
        std::vector<std::string> values;
        for (const Side& side : sides_) {
            values.push_back(side.run.options().find(option.key())->text_value());
        }
        const std::set<std::string> distinct(values.begin(), values.end());
        if (distinct.size() == 1) continue;
        values.insert(values.begin(), option.key());
        table.rows.push_back(std::move(values));
    }
    const std::string which = unshared.empty() ? "" : " that the experiments share";
    table.note = (table.rows.empty() ? "All settings" : "All others") + which + " are the same.";
    if (!unshared.empty()) table.note += " Not shared: " + report::listing(unshared) + ".";
    return table;
}

lab::ReportTable Comparison::numbers() const {
    lab::ReportTable table{.title = "Final numbers", .note = "", .columns = {"number"}, .rows = {}};
    for (const Side& side : sides_) table.columns.push_back(side.name);
    std::set<std::string> seen, spreads;
    for (const Side& side : sides_) {
        for (const lab::FinalNumber& number : side.numbers) {
            if (!number.spread.empty()) spreads.insert(number.spread);
            if (!seen.insert(number.name).second) continue;
            std::vector<std::string> row{number.name +
                                         (number.unit.empty() ? "" : " (" + number.unit + ")")};
            for (const Side& other : sides_) {
                const auto found = std::find_if(
                    other.numbers.begin(), other.numbers.end(),
                    [&](const lab::FinalNumber& theirs) { return theirs.name == number.name; });
                row.push_back(found == other.numbers.end() ? "" : text_of(*found));
            }
            table.rows.push_back(std::move(row));
        }
    }
    table.note = "From the manifests. An empty cell: not measured in that run.";
    for (const std::string& spread : spreads) table.note += " In brackets: " + spread + ".";
    return table;
}

void Comparison::write_numbers(const fs::path& path) const {
    lab::TableWriter writer(path, {"number", "unit", "run", "value", "low", "high", "spread"});
    for (const Side& side : sides_) {
        for (const lab::FinalNumber& number : side.numbers) {
            writer.add_row({number.name, number.unit, side.name, number.value, number.low,
                            number.high, number.spread});
        }
    }
    writer.close();
}

std::vector<std::string> Comparison::warnings() const {
    std::vector<std::string> warnings;
    for (const Side& side : sides_) {
        if (side.facts.status == "done") continue;
        const bool has_ended = fs::exists(side.run.folder() / "metrics.tsv");
        warnings.push_back(side.name + " is not done but " + side.facts.status +
                           (has_ended ? "" : "; it has no numbers and curves yet"));
    }
    std::set<std::string> commits;
    bool is_dirty = false;
    for (const Side& side : sides_) {
        commits.insert(side.facts.git_hash);
        is_dirty |= side.facts.is_dirty;
    }
    if (commits.size() > 1) {
        warnings.push_back("the runs were made by " + std::to_string(commits.size()) +
                           " different commits of the program");
    }
    if (is_dirty) warnings.push_back("some runs were made by programs with uncommitted changes");
    return warnings;
}

void Comparison::write(const fs::path& out, const fs::path& place) const {
    const std::vector<std::string> experiments = programs();
    lab::Report report;
    report.tables = {runs(), settings(), numbers()};
    write_table(out / "runs.tsv", report.tables[0]);
    write_table(out / "settings.tsv", report.tables[1]);
    write_numbers(out / "numbers.tsv");

    report.title =
        report::listing(experiments) + ": " + std::to_string(sides_.size()) + " runs compared";
    report.question = "In what do the runs differ, and what came of it?";
    report.warnings = warnings();
    report.command = "dualtape report";
    std::vector<std::string> names, differing;
    std::vector<NamedRun> named;
    for (const Side& side : sides_) {
        names.push_back(side.name);
        named.push_back({side.name, side.run.folder()});
        report.command += " " + lab::shell_word(side.run.folder().string());
    }
    for (const auto& row : report.tables[1].rows) differing.push_back(row[0]);
    report.verdict = "Compared are " + report::listing(names) + "; " +
                     (differing.empty() ? "all their settings are the same."
                                        : "they differ in " + report::listing(differing) + ".");
    if (experiments.size() > 1) {
        report.verdict = "Compared are runs of different experiments, " + report::listing(names) +
                         ", in what they share; of the settings of all they differ in " +
                         (differing.empty() ? "none." : report::listing(differing) + ".");
    }
    report.command += " --out " + lab::shell_word(place.string()) + " --force";
    const std::vector<lab::Figure> figures =
        comparison_figures(named, shared_columns(), experiments.size() > 1);
    for (const std::string& failed : report::draw_all(figures, out / "figures")) {
        report.warnings.push_back(failed);
    }
    for (const lab::Figure& figure : figures) report.figures.emplace_back(figure);
    report.environment = report::build_environment();
    lab::write_report(out, report);
}

}  // namespace dualtape::comparison
