#pragma once
// report.html of a run: one file without network or script, for screen (light and dark) and paper.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "experiments/lab/figure.h"

namespace dualtape::lab {

// One published claim against what was measured here.
struct Claim {
    enum class Verdict {
        reproduced,
        not_reproduced,
        not_decided,   // the numbers allow either
        not_testable,  // this run has nothing to say of it
        contradicts_own_data
    };
    std::string claim{};     // as published
    std::string where{};     // file and section of the publication
    std::string stored{};    // what the publication's own stored results show
    std::string measured{};  // here: value, interval, number of seeds
    Verdict verdict = Verdict::not_testable;
    std::string why{};  // of a verdict that is open: "one seed", "no depth of 4 or more"
};

struct ReportTable {
    std::string title{};
    std::string note{};  // one sentence under the title; may be empty
    std::vector<std::string> columns{};
    std::vector<std::vector<std::string>> rows{};
};

// A figure of the folder figures/: STEM.svg is embedded, STEM.tsv becomes the table under it. Of
// one that shows nothing, title and caption say so.
struct ReportFigure {
    std::string stem{}, title{}, caption{}, alt{};
    bool is_blank = false;

    ReportFigure() = default;
    ReportFigure(const Figure& figure);
};

// What an experiment has to say; the parts appear in this order, empty ones are left out.
// All texts are plain; _{...} and ^{...} become sub- and superscripts as in figures.
struct Report {
    std::string title{};     // "grokking_hessian: sharpness against depth"
    std::string question{};  // one sentence
    // Sentences or lines, the answer with its uncertainty first. As many as fit into three lines
    // are set off; the others follow as a list.
    std::string verdict{};
    std::vector<Claim> claims{};
    std::vector<ReportTable> tables{};  // contradictions and resolutions, reference values, ...
    std::vector<ReportFigure> figures{};
    std::vector<std::string> warnings{};                             // convergence, censoring
    std::vector<std::pair<std::string, std::string>> changed;        // setting, "value (was ...)"
    std::vector<std::pair<std::string, std::string>> cost{};         // steps, seconds, memory
    std::string command{};                                           // repeats the run exactly
    std::vector<std::pair<std::string, std::string>> environment{};  // version, CPU, threads
};

// Writes RUN_FOLDER/report.html atomically and returns its path. Reads figures/ and manifest.json
// of the folder; what is missing there is named in the report instead of shown. The file stays
// below 2 MB: long tables are cut, then large figures become links, and the report says so.
// Throws InputError of kind run if the file cannot be written; std::invalid_argument if a row of a
// table has not as many cells as there are columns.
std::filesystem::path write_report(const std::filesystem::path& run_folder, const Report& report);

}  // namespace dualtape::lab
