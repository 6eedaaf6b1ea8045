// Tables of resumed runs and of several tasks.
#include <doctest/doctest.h>

#include "experiments/lab/task_tables.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;

TEST_CASE("a table is cut back to a step, without its partial row") {
    TemporaryFolder folder;
    const auto path = folder / "metrics.tsv";
    spit(path, "step\tloss\n1\t0.5\n2\t0.25\n2\t0.3\n10\t0.1\n1");
    CHECK(cut_table(path, 9) == 3);
    CHECK(slurp(path) == "step\tloss\n1\t0.5\n2\t0.25\n2\t0.3\n");
    CHECK(cut_table(path, 0) == 0);
    CHECK(slurp(path) == "step\tloss\n");
}

TEST_CASE("a table without a complete header is no table") {
    TemporaryFolder folder;
    CHECK(cut_table(folder / "no.tsv", 3) == 0);
    spit(folder / "half.tsv", "step\tlo");
    CHECK(cut_table(folder / "half.tsv", 3) == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "half.tsv"));
}

TEST_CASE("a table without the column cannot be cut") {
    TemporaryFolder folder;
    spit(folder / "a.tsv", "stpe\n1\n");
    CHECK(refusal([&] { cut_table(folder / "a.tsv", 3); }) ==
          (folder / "a.tsv").string() + ":1: no column \"step\" | did you mean \"stpe\"?");
}

TEST_CASE("parts are joined in order under one header") {
    TemporaryFolder folder;
    spit(folder / "a.tsv", "task\tstep\na\t1\n");
    spit(folder / "b.tsv", "task\tstep\nb\t1\nb\t2\n");
    join_tables({folder / "b.tsv", folder / "a.tsv"}, folder / "all.tsv");
    CHECK(slurp(folder / "all.tsv") == "task\tstep\nb\t1\nb\t2\na\t1\n");
}

TEST_CASE("parts that are missing, incomplete or of another kind are refused") {
    TemporaryFolder folder;
    spit(folder / "a.tsv", "step\n1\n");
    spit(folder / "half.tsv", "step\n1");
    spit(folder / "other.tsv", "step\tloss\n1\t2\n");
    for (const char* part : {"missing.tsv", "half.tsv", "other.tsv"}) {
        const std::string message = refusal([&] {
            join_tables({folder / "a.tsv", folder / part}, folder / "all.tsv");
        });
        CHECK(message.find(part) != std::string::npos);
        CHECK_FALSE(std::filesystem::exists(folder / "all.tsv"));
    }
}
