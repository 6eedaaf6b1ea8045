// Tables as TSV: writing, continuing after a kill, and the refusal of anything else.
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "experiments/lab/printable.h"
#include "experiments/lab/table.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;

TEST_CASE("rows are written with shortest numbers and words, and read back the same") {
    TemporaryFolder folder;
    const double infinity = std::numeric_limits<double>::infinity();
    TableWriter table(folder / "a.tsv", {"step", "loss", "note", "sharpness"});
    table.add_row({1, 0.1, "first", Cell()});
    table.add_row({std::int64_t{1} << 62, 1.0 / 3, std::string("x y"), std::nan("")});
    table.add_row({true, 0.1f, "", -infinity});
    table.close();
    CHECK(slurp(folder / "a.tsv") ==
          "step\tloss\tnote\tsharpness\n1\t0.1\tfirst\t\n"
          "4611686018427387904\t0.3333333333333333\tx y\tnan\n1\t0.1\t\t-inf\n");
    const Table back = read_table(folder / "a.tsv");
    CHECK(back.num_rows() == 3);
    CHECK_FALSE(back.lost_partial_row);
    CHECK(back.numbers("loss")[1] == 1.0 / 3);
    CHECK(std::isnan(back.numbers("sharpness")[0]));
    CHECK(back.numbers("sharpness")[2] == -infinity);
    CHECK(back.texts("note")[1] == "x y");
}

TEST_CASE("a row is in the file as soon as it is added") {
    TemporaryFolder folder;
    TableWriter table(folder / "a.tsv", {"step"});
    table.add_row({1});
    CHECK(slurp(folder / "a.tsv") == "step\n1\n");
}

TEST_CASE("append continues the same columns and drops a partial row") {
    TemporaryFolder folder;
    const auto path = folder / "a.tsv";
    spit(path, "step\tloss\n1\t0.5\n2\t0.");
    TableWriter(path, {"step", "loss"}, TableWriter::Mode::append).add_row({2, 0.25});
    CHECK(slurp(path) == "step\tloss\n1\t0.5\n2\t0.25\n");
    CHECK(refusal([&] {
              TableWriter(path, {"step"}, TableWriter::Mode::append);
          }).find("the columns are \"step\tloss\", expected \"step\"") != std::string::npos);
    spit(path, "step\tlo");
    TableWriter(path, {"step"}, TableWriter::Mode::append).add_row({1});
    CHECK(slurp(path) == "step\n1\n");
}

TEST_CASE("rows that do not fit are a mistake of the caller") {
    TemporaryFolder folder;
    TableWriter table(folder / "a.tsv", {"step", "loss"});
    CHECK_THROWS_AS(table.add_row({1}), std::invalid_argument);
    CHECK_THROWS_AS(TableWriter(folder / "b.tsv", {"a", "a"}), std::invalid_argument);
    CHECK_THROWS_AS(TableWriter(folder / "b.tsv", {}), std::invalid_argument);
    CHECK(slurp(folder / "a.tsv") == "step\tloss\n");
}

TEST_CASE("a partial last row is dropped, anything else is refused with its line") {
    TemporaryFolder folder;
    const auto path = folder / "a.tsv";
    const auto read = [&](const std::string& text) {
        spit(path, text);
        return refusal([&] { read_table(path).numbers("step"); });
    };
    spit(path, "step\n1\n2");
    CHECK(read_table(path).num_rows() == 1);
    CHECK(read_table(path).lost_partial_row);
    CHECK(read("step\n").find("accepted") == 0);
    CHECK(read("").find("no complete header line") != std::string::npos);
    CHECK(read("step\tloss\n1\n").find(":2: 1 cells, but the header has 2 columns") !=
          std::string::npos);
    CHECK(read("step\tstep\n").find("two columns are named \"step\"") != std::string::npos);
    CHECK(read("step\t\n").find("a column has no name") != std::string::npos);
    CHECK(read("step\r\n1\r\n").find(":1: the line ends in CR LF") != std::string::npos);
    CHECK(read("step\n1\n0,5\n").find(":3: column \"step\" holds \"0,5\"") != std::string::npos);
    CHECK(read("setp\n1\n").find("did you mean \"setp\"?") != std::string::npos);
}

TEST_CASE("bytes that are no UTF-8 are escaped, so names that differ in them alone stay apart") {
    CHECK(printable("a\xff") == "a\\xff");
    CHECK(printable("a\xfe") == "a\\xfe");
    CHECK(printable("\u00e9\xc3") == "\u00e9\\xc3");
    CHECK(printable("a\n\x1b\x7f") == "a\\n\\x1b\\x7f");
}

TEST_CASE("texts with tabs and line breaks stay in their cell, columns with them in the header") {
    TemporaryFolder folder;
    TableWriter table(folder / "a.tsv", {"run", "a\tb"});
    table.add_row({"tab\tin", "line\nfeed"});
    table.add_row({"carriage\rreturn", "bell\a"});
    table.close();
    const Table back = read_table(folder / "a.tsv");
    CHECK(back.columns == std::vector<std::string>{"run", "a\\tb"});
    CHECK(back.texts("run") == std::vector<std::string>{"tab\\tin", "carriage\\rreturn"});
    CHECK(back.texts("a\\tb") == std::vector<std::string>{"line\\nfeed", "bell\\x07"});
}
