// What reports say of eigenpairs.
#include "experiments/analyses/curvature/pair_words.h"

#include <numeric>

#include <doctest/doctest.h>

#include "experiments/analyses/curvature/curvature_figures.h"
#include "tests/support/lab.h"

namespace dualtape::analyses {

using namespace dualtape::lab;
using namespace dualtape::report;

namespace {

struct Pair {
    const char* end;
    int rank;
    double value, bound;
    int digits, is_sign_certain, is_converged;
};

lab::Table table_of(const lab::TemporaryFolder& folder, const std::vector<Pair>& pairs) {
    lab::TableWriter table(folder / "eigenvalues.tsv",
                           {"depth", "step", "end", "rank", "value", "residual", "bound", "digits",
                            "is_sign_certain", "is_converged"});
    for (const Pair& pair : pairs) {
        table.add_row({2, 10, pair.end, pair.rank, pair.value, pair.bound, pair.bound, pair.digits,
                       pair.is_sign_certain, pair.is_converged});
    }
    table.close();
    return lab::read_table(folder / "eigenvalues.tsv");
}

std::vector<std::size_t> all_rows(const lab::Table& table) {
    std::vector<std::size_t> rows(table.num_rows());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    return rows;
}

const std::vector<Pair> kMixed{{"largest", 1, 10, 1e-9, 9, 1, 1},
                               {"largest", 2, 8, 1e-6, 6, 1, 1},
                               {"smallest", 1, -3e-4, 1e-6, 2, 1, 1},
                               {"smallest", 2, -2.3e-4, 4e-4, 0, 1, 0},
                               {"smallest", 3, 1e-4, 5e-4, 0, 0, 0}};

}  // namespace

TEST_CASE("each end is told by itself, and what did not converge by rank, sign and bound") {
    const lab::TemporaryFolder folder;
    const lab::Table table = table_of(folder, kMixed);
    CHECK(
        in_words(count_pairs(table, all_rows(table))) ==
        "all 2 largest eigenvalues converged; of the 3 smallest eigenvalues 1 converged, 1 have a "
        "certain sign alone, the sign of 1 is not known");
    CHECK(missing_pairs(table, all_rows(table)) ==
          "smallest 2: -0.00023 ± 0.0004, certainly negative; smallest 3: 0.0001 ± 0.0005, of "
          "unknown sign");
    CHECK(in_words(count_pairs(table, {0})) == "the largest eigenvalue converged");
    CHECK(
        in_words(count_pairs(table, {3, 4})) ==
        "of the 2 smallest eigenvalues none converged, 1 have a certain sign alone, the sign of 1 "
        "is not known");
    CHECK(in_words(count_pairs(table, {})).empty());
    CHECK(missing_pairs(table, {0, 1, 2}).empty());
}

TEST_CASE("tables of earlier versions count by their bounds, whatever they call converged") {
    const lab::TemporaryFolder folder;
    lab::TableWriter writer(folder / "old.tsv",
                            {"step", "end", "rank", "value", "residual", "bound", "is_converged"});
    writer.add_row({10, "smallest", 1, -3e-4, 1e-6, 1e-6, 1});
    writer.add_row({10, "smallest", 2, -2.3e-4, 2e-4, 2e-4, 1});
    writer.add_row({10, "smallest", 3, 1e-4, 5e-4, 5e-4, 1});
    writer.close();
    const PairCounts counts = count_pairs(lab::read_table(folder / "old.tsv"), {0, 1, 2});
    CHECK(counts.smallest.pairs == 3);
    CHECK(counts.smallest.converged == 1);
    CHECK(counts.smallest.with_sign == 1);
}

TEST_CASE("a value shows its bound where fewer than four digits are certain") {
    CHECK(with_bound(0.123456, 1e-9) == "0.1235");
    CHECK(with_bound(-2.3e-4, 4e-5) == "-0.00023 ± 4e-05");
    CHECK(with_bound(std::nan(""), 0) == "–");
}

TEST_CASE("the figure of the ends leaves unknown signs out, marks certain ones and says so") {
    const lab::TemporaryFolder folder;
    table_of(folder, kMixed);
    const TrainingGroups groups(folder / "eigenvalues.tsv");
    const lab::Figure figure = ends_figure(groups, groups.groups()[0], "ends", "");
    CHECK(figure.title == "Both ends of the spectrum");
    REQUIRE(figure.panels[0].series.size() == 5);
    CHECK(figure.panels[0].series[4].name == "sign certain alone");
    CHECK(figure.panels[0].series[4].y == std::vector<double>{-2.3e-4});
    CHECK(figure.caption.find("1 have a certain sign alone, the sign of 1 is not known") !=
          std::string::npos);
    table_of(folder, {kMixed[0], kMixed[1]});
    const TrainingGroups top(folder / "eigenvalues.tsv");
    CHECK(ends_figure(top, top.groups()[0], "ends", "").title == "The largest eigenvalues");
}

}  // namespace dualtape::analyses
