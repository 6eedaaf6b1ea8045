// Statements and claims of modular_addition, from a run of the recipe tiny whose numbers are
// replaced one by one.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "experiments/lab/table.h"
#include "experiments/modular_addition/acceptance.h"
#include "experiments/modular_addition/claims.h"
#include "tests/support/lab.h"
#include "tests/support/process.h"
#include "tests/support/runs.h"

namespace dualtape::modular_addition {

namespace {

namespace fs = std::filesystem;
using Verdict = lab::Claim::Verdict;

const fs::path& tiny_run() {
    static const lab::TemporaryFolder folder;
    static const fs::path run = [] {
        const ProcessResult result = run_process(MODULAR_ADDITION, folder.path,
                                                 {"--recipe", "tiny", "--out", "run", "--quiet"});
        INFO(result.err);
        REQUIRE(result.code == 0);
        return folder / "run";
    }();
    return run;
}

// The table written again with another text in a column, of the rows that hold this name
// as a fact or quantity; without a name, of all.
void replace(const fs::path& path, const std::string& column, const std::string& text,
             const std::string& name = "") {
    lab::Table table = lab::read_table(path);
    std::string whole;
    const auto add = [&](const std::vector<std::string>& cells) {
        for (std::size_t i = 0; i < cells.size(); ++i) whole += (i > 0 ? "\t" : "") + cells[i];
        whole += "\n";
    };
    add(table.columns);
    for (std::vector<std::string>& row : table.rows) {
        const bool is_it = std::any_of(row.begin(), row.end(),
                                       [&](const std::string& cell) { return cell == name; });
        if (name.empty() || is_it) row[table.column(column)] = text;
        add(row);
    }
    lab::spit(path, whole);
}

// A copy of the tiny run that looks as the published setting should.
struct Published {
    lab::TemporaryFolder folder;
    fs::path run = folder / "run";
    Index parameters = 109297;
    double per_epoch = 157;

    Published() {
        fs::copy(tiny_run(), run, fs::copy_options::recursive);
        replace(run / "summary.tsv", "test_accuracy", "0.999");
        replace(run / "summary.tsv", "t_mem", "15700");
        replace(run / "summary.tsv", "t_gen", "94200");
        replace(run / "over_seeds.tsv", "median", "0.999", "test_accuracy");
        replace(run / "ablation_summary.tsv", "value", "3.8", "importance_mean");
        replace(run / "ablation_summary.tsv", "value", "0", "largest_single_accuracy_drop");
    }
    ModularAdditionFindings found() const {
        ModularAdditionFindings found(run);
        found.setting = {
            .recipe = report::kPublishedRecipe, .departures = {}, .from_published = {}};
        found.num_parameters = parameters;
        found.per_epoch = per_epoch;
        return found;
    }
    std::map<std::string, std::string> verdicts() const {
        write_acceptance(found());
        return testing::verdicts_of(run);
    }
    std::string failed() const {
        std::string names;
        for (const auto& [statement, verdict] : verdicts()) {
            if (verdict != "holds") names += statement + ";";
        }
        return names;
    }
};

}  // namespace

TEST_CASE("the published setting is held to its numbers, and each departure fails its statement") {
    CHECK(Published().verdicts().size() == 5);
    CHECK(Published().failed().empty());
    Published run;
    run.parameters = 50369;
    CHECK(run.failed() == "the network has 109 297 parameters;");
    run.parameters = 109297;
    run.per_epoch = 156;
    CHECK(run.failed() == "an epoch has 157 minibatches;");
    run.per_epoch = 157;
    replace(run.run / "summary.tsv", "test_accuracy", "0.994");
    CHECK(run.failed() == "every seed ends with 0.995 test accuracy or more;");
    replace(run.run / "summary.tsv", "test_accuracy", "0.995");
    replace(run.run / "ablation_summary.tsv", "value", "6.1", "importance_mean");
    CHECK(run.failed() == "the mean importance of a neuron is 2 to 6;");
    replace(run.run / "ablation_summary.tsv", "value", "2", "importance_mean");
    replace(run.run / "ablation_summary.tsv", "value", "0.011", "largest_single_accuracy_drop");
    CHECK(run.failed() == "no single neuron costs more than 0.01 of test accuracy;");
}

TEST_CASE("claims are judged by the numbers of the published setting alone") {
    const auto verdict = [](const ModularAdditionFindings& found, const std::string& start) {
        for (const lab::Claim& claim : claims_of_modular_addition(found)) {
            if (claim.claim.starts_with(start)) return claim.verdict;
        }
        REQUIRE_MESSAGE(false, "no claim starts with " << start);
        return Verdict::not_testable;
    };
    Published run;
    CHECK(verdict(run.found(), "100 % test accuracy") == Verdict::reproduced);
    replace(run.run / "over_seeds.tsv", "median", "0.99", "test_accuracy");
    CHECK(verdict(run.found(), "100 % test accuracy") == Verdict::not_reproduced);
    CHECK(verdict(run.found(), "Ablating a single neuron") == Verdict::reproduced);
    CHECK(verdict(run.found(), "The model has 50 369") == Verdict::contradicts_own_data);
    // As the tiny run that it is.
    for (const lab::Claim& claim : claims_of_modular_addition(ModularAdditionFindings(run.run))) {
        INFO(claim.claim);
        CHECK(claim.verdict == Verdict::not_testable);
        CHECK_FALSE(claim.why.empty());
        CHECK_FALSE(claim.measured.empty());
    }
    // As one that departs in a single key.
    ModularAdditionFindings departing = run.found();
    departing.setting.departures = departing.setting.from_published = {"label_noise"};
    for (const lab::Claim& claim : claims_of_modular_addition(departing)) {
        INFO(claim.claim);
        if (claim.verdict == Verdict::contradicts_own_data) continue;
        const bool is_refuted = claim.claim.starts_with("The neurons show no Fourier") &&
                                claim.verdict == Verdict::not_reproduced;
        CHECK((is_refuted || claim.why == "not the published setting: label_noise" ||
               claim.why == "another machine and program"));
    }
    write_acceptance(departing);
    for (const auto& row : testing::verdicts_of(run.run)) {
        CHECK(row.second == "not judged: not the published setting: label_noise");
    }
    replace(run.run / "ablation_summary.tsv", "value", "0.011", "largest_single_accuracy_drop");
    CHECK(verdict(run.found(), "Ablating a single neuron") == Verdict::not_reproduced);
    replace(run.run / "ablation_summary.tsv", "value", "-0.3", "top_5_accuracy_change");
    CHECK(verdict(run.found(), "Ablating the top 5") == Verdict::reproduced);
    replace(run.run / "ablation_summary.tsv", "value", "-0.1", "top_5_accuracy_change");
    CHECK(verdict(run.found(), "Ablating the top 5") == Verdict::not_reproduced);
}

}  // namespace dualtape::modular_addition
