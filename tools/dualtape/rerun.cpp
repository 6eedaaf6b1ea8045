// dualtape rerun: repeats a run from its own config.toml and compares every number.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

#include "experiments/lab/child.h"
#include "experiments/lab/files.h"
#include "experiments/lab/interrupt.h"
#include "experiments/lab/manifest.h"
#include "experiments/lab/shell_word.h"
#include "experiments/lab/table.h"
#include "experiments/study/open_run.h"
#include "tools/dualtape/subcommand.h"

namespace dualtape::tools {

namespace {

namespace fs = std::filesystem;
using lab::InputError;

struct RerunSettings {
    std::string out;
    std::int64_t threads = 0;
    bool force = false;
};

// Files whose bytes depend on the settings alone: tables but that of times, and tensors.
std::vector<std::string> result_files(const fs::path& run) {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(run)) {
        const std::string name = fs::relative(entry.path(), run).generic_string();
        const std::string ending = entry.path().extension().string();
        const bool is_result =
            name.find('/') == std::string::npos || name.starts_with("checkpoints/");
        if (!is_result || name == "cost.tsv") continue;
        if (ending == ".tsv" || ending == ".safetensors") names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

// "column train_loss differs in 12 of 300 rows, by at most 3e-07 of its value; first in row 4"
std::string difference(const fs::path& left, const fs::path& right) {
    if (left.extension() != ".tsv") return "the bytes differ";
    const lab::Table a = lab::read_table(left), b = lab::read_table(right);
    if (a.columns != b.columns) return "the columns differ";
    if (a.num_rows() != b.num_rows()) {
        return std::to_string(a.num_rows()) + " rows before and " + std::to_string(b.num_rows()) +
               " now";
    }
    std::string text;
    for (std::size_t column = 0; column < a.columns.size(); ++column) {
        std::size_t count = 0, first = 0;
        double worst = 0;
        for (std::size_t row = 0; row < a.num_rows(); ++row) {
            const std::string &x = a.rows[row][column], &y = b.rows[row][column];
            if (x == y) continue;
            if (count++ == 0) first = row + 1;
            double u = 0, v = 0;
            const bool are_numbers = lab::toml::read_real(x, u) && lab::toml::read_real(y, v);
            const double size = std::max(std::abs(u), std::abs(v));
            worst = std::max(worst, are_numbers && size > 0 ? std::abs(u - v) / size : HUGE_VAL);
        }
        if (count == 0) continue;
        text += (text.empty() ? "column " : "; column ") + a.columns[column] + " differs in " +
                std::to_string(count) + " of " + std::to_string(a.num_rows()) +
                " rows, by at most " + lab::format_number(worst) + " of the value; first in row " +
                std::to_string(first);
    }
    return text.empty() ? "the bytes differ" : text;
}

int compare(const fs::path& before, const fs::path& now) {
    std::vector<std::string> names = result_files(before), others = result_files(now);
    int differing = 0;
    const auto say = [&](const std::string& name, const std::string& what) {
        std::cout << name << '\t' << what << '\n';
        ++differing;
    };
    for (const std::string& name : names) {
        if (!std::binary_search(others.begin(), others.end(), name)) {
            say(name, "is missing now");
        } else if (lab::read_file(before / name) != lab::read_file(now / name)) {
            say(name, difference(before / name, now / name));
        }
    }
    for (const std::string& name : others) {
        if (!std::binary_search(names.begin(), names.end(), name))
            say(name, "was not there before");
    }
    const lab::ManifestFacts old = lab::manifest_facts(before / "manifest.json");
    const lab::ManifestFacts fresh = lab::manifest_facts(now / "manifest.json");
    if (differing > 0 && old.git_hash != fresh.git_hash) {
        std::cout << "the run was made by commit " << old.git_hash << ", this is " << fresh.git_hash
                  << '\n';
    }
    std::cout << names.size() << " files compared, " << differing << " differ\n"
              << now.string() << '\n';
    return differing == 0 ? 0 : 1;
}

int repeat(const RerunSettings& settings, const fs::path& run) {
    if (!fs::is_directory(run)) {
        throw InputError(run.string(), "is no run folder",
                         "give the folder that an experiment has written");
    }
    const std::string program = study::OpenedRun(run).program();
    if (!fs::exists(run / "DONE")) {
        throw InputError(
            run.string(), "the run is not done, so there is nothing to compare with",
            "finish it with  " + program + " --resume --out " + lab::shell_word(run.string()));
    }
    fs::path out = settings.out;
    if (out.empty()) {
        const fs::path whole = fs::absolute(run).lexically_normal();
        const fs::path own = whole.has_filename() ? whole : whole.parent_path();
        out = own.parent_path() / (own.filename().string() + "-rerun");
    }
    if (fs::exists(out) && fs::equivalent(out, run)) {
        throw InputError(out.string(), "is the run that is repeated",
                         "choose another folder with --out");
    }
    // With = a name that looks like an option stays a value.
    std::vector<std::string> arguments{"--config=" + (run / "config.toml").string(),
                                       "--out=" + out.string()};
    if (settings.threads > 0) arguments.push_back("--threads=" + std::to_string(settings.threads));
    if (settings.force) arguments.emplace_back("--force");
    lab::watch_interrupts();
    lab::ChildEnd repetition;
    {
        const lab::WorkToSave of_the_repetition;
        repetition = lab::run_child({.program = sibling_program(program), .arguments = arguments});
    }
    const bool is_done = repetition.code == lab::kDone || repetition.code == lab::kFiguresMissing;
    if (!is_done) return repetition.code;
    const int compared = compare(run, out);
    return compared == lab::kDone ? repetition.code : compared;
}

}  // namespace

Subcommand rerun() {
    const auto settings = std::make_shared<RerunSettings>();
    Subcommand self{.name = "rerun",
                    .operands = "RUN",
                    .purpose = "repeat a run from its own settings and compare all results",
                    .examples = {{"runs/first", "the same bytes, or where they differ"}}};
    self.options->add("out", settings->out, "folder of the repetition; default RUN-rerun")
        .is_path();
    self.options
        ->add("threads", settings->threads, "threads of the repetition; 0: those of the settings")
        .range(0, 4096);
    self.options->add("force", settings->force, "replace an earlier repetition");
    self.run = [settings](const std::vector<std::string>& operands) {
        return repeat(*settings, operands[0]);
    };
    return self;
}

}  // namespace dualtape::tools
