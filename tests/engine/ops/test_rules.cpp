// Every op of the table, at many sizes: value against plain loops, push and bend against the
// complex step, pull against push, in float, on planes full of NaN. See engine/ops/check_op.h.

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/support/op_table.h"

using namespace dualtape;
using dualtape::testing::OpSizes;
using dualtape::testing::table_rows;

namespace {

void check_sizes(const OpSizes& sizes, Index samples) {
    for (const auto& row : table_rows(sizes)) {
        const OpReport report = check_op(row.op, samples);
        INFO(row.label, " at n = ", sizes.n, ", k = ", sizes.k, ", T = ", sizes.T,
             ", p = ", sizes.p, ", samples = ", samples, "\n", report.text());
        CHECK(report.is_ok());
    }
}

}  // namespace

TEST_CASE("all ops obey their rules at odd sizes") {
    check_sizes({3, 4, 1, 5}, 7);
    check_sizes({5, 3, 2, 7}, 5);
    check_sizes({17, 9, 10, 3}, 3);
}

TEST_CASE("all ops obey their rules at size one") {
    check_sizes({1, 1, 1, 1}, 1);
    check_sizes({2, 1, 1, 1}, 2);
    check_sizes({1, 3, 3, 2}, 1);
}

TEST_CASE("all ops obey their rules beyond the vector width") {
    check_sizes({33, 21, 1, 19}, 11);
    check_sizes({64, 32, 2, 40}, 8);
}

TEST_CASE("all ops obey their rules when inputs may coincide") { check_sizes({4, 4, 4, 4}, 6); }

TEST_CASE("all ops obey their rules without rows, and without samples") {
    check_sizes({0, 4, 1, 5}, 3);
    check_sizes({3, 0, 1, 5}, 3);
    check_sizes({3, 4, 2, 5}, 0);
}

TEST_CASE("the errors of all ops are small against their tolerances") {
    std::vector<OpReport::Check> worst;
    OpReport all;
    for (const auto& row : table_rows({5, 4, 2, 6})) {
        for (const auto& check : check_op(row.op, 9, 3).checks) {
            all.add(check.name, check.worst, check.tolerance, row.label);
        }
    }
    for (const auto& check : all.checks) {
        if (std::getenv("DUALTAPE_SHOW_ERRORS") != nullptr) {
            std::printf("%-36s %.1e  %s\n", check.name.c_str(), check.worst, check.where.c_str());
        }
        CHECK_MESSAGE(check.worst <= check.tolerance, check.name);
    }
}
