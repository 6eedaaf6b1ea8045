#pragma once
// acceptance.tsv: what a setting is known to show, and whether a run shows it.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/lab/report.h"
#include "experiments/report/decisions.h"

namespace dualtape::report {

// verdict: "holds", "fails", "not decided: why" where the numbers allow either, or "not judged:
// why" where the run says nothing of it.
struct Statement {
    std::string statement, measured, verdict;
};
std::string verdict_of(bool holds);
std::string verdict_of(Truth truth, const std::string& why_undecided);
std::string not_decided(const std::string& why);
std::string not_judged(const std::string& why);
// The same statements with what was measured, none of them judged.
std::vector<Statement> unjudged(std::vector<Statement> statements, const std::string& why);

void write_statements(const std::filesystem::path& folder,
                      const std::vector<Statement>& statements);

// "Of what this setting should show, 3 of 4 statements hold; 1 is not decided. "; empty without
// statements.
std::string acceptance_of(const std::filesystem::path& folder);
// The table itself; none without statements.
std::vector<lab::ReportTable> acceptance_tables(const std::filesystem::path& folder);

// A table of the folder, with its column names in words and its numbers as people read them.
lab::ReportTable file_table(const std::filesystem::path& path, std::string title, std::string note,
                            std::vector<std::string> columns);

}  // namespace dualtape::report
