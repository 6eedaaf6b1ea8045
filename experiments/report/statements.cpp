#include "experiments/report/statements.h"

#include <algorithm>

#include "experiments/lab/table.h"
#include "experiments/lab/toml.h"
#include "experiments/report/run_tables.h"

namespace dualtape::report {

namespace {

const std::string kNotDecided = "not decided: ", kNotJudged = "not judged: ";

}  // namespace

std::string verdict_of(bool holds) { return holds ? "holds" : "fails"; }
std::string verdict_of(Truth truth, const std::string& why_undecided) {
    return truth == Truth::undecided ? not_decided(why_undecided)
                                     : verdict_of(truth == Truth::holds);
}
std::string not_decided(const std::string& why) { return kNotDecided + why; }
std::string not_judged(const std::string& why) { return kNotJudged + why; }

std::vector<Statement> unjudged(std::vector<Statement> statements, const std::string& why) {
    for (Statement& row : statements) row.verdict = not_judged(why);
    return statements;
}

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
    const auto count = [&](const std::string& start) {
        return std::count_if(verdicts.begin(), verdicts.end(), [&](const std::string& verdict) {
            return verdict.starts_with(start);
        });
    };
    if (verdicts.empty()) return "";
    // All of one kind share their reason, which is then told once.
    const auto open = [&](const std::string& kind, const std::string& words) -> std::string {
        const auto number = count(kind);
        if (number == 0) return "";
        std::string text = "; " + std::to_string(number) + (number == 1 ? " is " : " are ") + words;
        const auto first =
            std::find_if(verdicts.begin(), verdicts.end(),
                         [&](const std::string& verdict) { return verdict.starts_with(kind); });
        if (count(*first) == number) text += " (" + first->substr(kind.size()) + ")";
        return text;
    };
    const auto holds = count(verdict_of(true)), judged = holds + count(verdict_of(false));
    const std::string hold = std::to_string(holds) + " of " + std::to_string(judged);
    return "Of what this setting should show, " +
           (judged == 0 ? "no statement is judged" : hold + " statements hold") +
           open(kNotDecided, "not decided") + open(kNotJudged, "not judged") + ". ";
}

}  // namespace dualtape::report
