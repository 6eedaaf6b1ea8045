// Tables of several tasks.
#include <doctest/doctest.h>

#include "experiments/lab/task_tables.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;

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
