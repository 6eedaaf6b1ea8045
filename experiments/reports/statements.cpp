#include "experiments/reports/statements.h"

#include <algorithm>

#include "experiments/lab/table.h"
#include "experiments/lab/toml.h"
#include "experiments/reports/run_tables.h"

namespace dualtape::reports {

std::string verdict_of(bool holds) { return holds ? "holds" : "fails"; }

void write_statements(const std::filesystem::path& folder,
                      const std::vector<Statement>& statements) {
    lab::TableWriter table(folder / "acceptance.tsv", {"statement", "measured", "verdict"});
    for (const Statement& row : statements) {
        table.add_row({row.statement, row.measured, row.verdict});
    }
    table.close();
}

std::vector<lab::ReportTable> acceptance_tables(const std::filesystem::path& folder) {
    lab::ReportTable table =
        file_table(folder / "acceptance.tsv", "What this setting should show",
                   "From acceptance.tsv.", {"statement", "measured", "verdict"});
    if (table.rows.empty()) return {};
    return {std::move(table)};
}

lab::ReportTable file_table(const std::filesystem::path& path, std::string title, std::string note,
                            std::vector<std::string> columns) {
    const lab::Table source = lab::read_table(path);
    lab::ReportTable table{.title = std::move(title),
                           .note = std::move(note),
                           .columns = std::move(columns),
                           .rows = {}};
    for (const std::vector<std::string>& cells : source.rows) {
        std::vector<std::string> row;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            double number = 0;
            std::int64_t whole = 0;  // a seed, a step: all of its digits count
            if (lab::toml::read_integer(cells[i], whole)) {
                row.push_back(cells[i]);
            } else if (lab::toml::read_real(cells[i], number)) {
                row.push_back(readable(number));
            } else {
                row.push_back(cells[i].empty() ? "–" : cells[i]);
            }
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

std::string acceptance_of(const std::filesystem::path& folder) {
    const auto verdicts = lab::read_table(folder / "acceptance.tsv").texts("verdict");
    const auto count = [&](const std::string& verdict) {
        return std::count(verdicts.begin(), verdicts.end(), verdict);
    };
    if (verdicts.empty()) return "";
    const auto holds = count("holds"), judged = holds + count("fails");
    std::string text = "Of what this setting should show, " + std::to_string(holds) + " of " +
                       std::to_string(judged) + " statements hold";
    if (judged < std::ssize(verdicts)) {
        text += "; " + std::to_string(std::ssize(verdicts) - judged) + " cannot be judged";
    }
    return text + ". ";
}

}  // namespace dualtape::reports
