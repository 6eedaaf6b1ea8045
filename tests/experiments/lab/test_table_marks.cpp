// What a checkpoint says of the tables it stands on, and what happens to them when it is taken.
#include <doctest/doctest.h>

#include "experiments/lab/table_marks.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;
namespace fs = std::filesystem;

namespace {

struct Tables {
    TemporaryFolder folder;
    fs::path metrics = folder / "metrics.tsv", noise = folder / "noise.tsv";
    TableMarks marks{{metrics, noise}};

    std::string cut_back(const std::string& text) {
        return refusal([&] { marks.cut_back(text); });
    }
};

}  // namespace

TEST_CASE("tables are cut back to their marks, and those without one are removed") {
    Tables t;
    CHECK(t.marks.text().empty());
    spit(t.metrics, "step\n0\n");
    const std::string early = t.marks.text();
    CHECK(early.starts_with("metrics.tsv\t7\t"));
    spit(t.metrics, "step\n0\n10\n");
    spit(t.noise, "step\n10\n");
    const std::string late = t.marks.text();
    CHECK(late == TableMarks({t.metrics, t.noise}).text());  // read at once, or as it grew
    spit(t.metrics, "step\n0\n10\n20\n3");
    CHECK(t.cut_back(late) == "accepted");
    CHECK(slurp(t.metrics) == "step\n0\n10\n");
    CHECK(t.marks.text() == late);
    CHECK(t.cut_back(early) == "accepted");
    CHECK(slurp(t.metrics) == "step\n0\n");
    CHECK_FALSE(fs::exists(t.noise));
    CHECK(t.cut_back("") == "accepted");
    CHECK_FALSE(fs::exists(t.metrics));
}

TEST_CASE("tables that miss rows or were changed are told by name, and stay as they are") {
    Tables t;
    const std::string rows = "step\tloss\n0\t0.5\n10\t0.25\n";
    spit(t.metrics, rows);
    spit(t.noise, "step\n0\n");
    const std::string text = t.marks.text();
    fs::remove(t.noise);
    CHECK(contains(t.cut_back(text), t.noise.string() + ": holds 0 bytes of the 7 that "));
    spit(t.noise, "step\n0\nmore\n");
    spit(t.metrics, rows.substr(0, 12));
    CHECK(contains(t.cut_back(text), t.metrics.string() + ": holds 12 bytes of the 24 that "));
    spit(t.metrics, "step\tloss\n0\t0.6\n10\t0.25\n");
    CHECK(contains(t.cut_back(text), t.metrics.string() + ": was changed in rows that "));
    spit(t.metrics, "step\tloss\n0\t0.5\t1\n10\t0.25\n");  // a row of too many cells
    CHECK(contains(t.cut_back(text), "was changed in rows"));
    CHECK(slurp(t.noise) == "step\n0\nmore\n");
    for (const char* strange : {"other.tsv\t0\tx\n", "metrics.tsv\n", "no marks at all"}) {
        INFO(strange);
        CHECK(t.cut_back(strange) != "accepted");
    }
    CHECK(slurp(t.noise) == "step\n0\nmore\n");
}
