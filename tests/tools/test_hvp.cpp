// Where dualtape hvp reads from and writes to: what is no file, what is an input, what is too
// large.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "experiments/lab/safetensors.h"
#include "tests/tools/tool.h"

namespace fs = std::filesystem;
using namespace dualtape;
using namespace dualtape::testing;
using lab::contains;
using lab::slurp;
using lab::TemporaryFolder;

namespace {

struct Fixture {
    TemporaryFolder folder;

    Fixture() {
        make_run(folder);
        write_vector(folder, 1.0);
    }
    Result multiply(const std::string& output, std::vector<std::string> more = {},
                    const std::string& vector = "v.safetensors") {
        more.insert(more.begin(), {"hvp", kCheckpoint, "--vector", vector, "--output", output});
        return tool(folder, std::move(more));
    }
    Result force(const std::string& output) { return multiply(output, {"--force"}); }
};

}  // namespace

TEST_CASE("hvp writes through a link and keeps the mode of the file that it replaces") {
    Fixture f;
    REQUIRE(f.multiply("hv.safetensors").code == 0);
    const std::string bytes = slurp(f.folder / "hv.safetensors");
    lab::spit(f.folder / "old.safetensors", "old");
    REQUIRE(::chmod((f.folder / "old.safetensors").c_str(), 0640) == 0);
    fs::create_symlink("old.safetensors", f.folder / "link");
    CHECK(contains(f.multiply("link").err, "exists already"));
    REQUIRE(f.force("link").code == 0);
    CHECK(fs::is_symlink(f.folder / "link"));
    CHECK(slurp(f.folder / "old.safetensors") == bytes);
    CHECK(static_cast<int>(fs::status(f.folder / "old.safetensors").permissions()) == 0640);
    fs::create_symlink("new.safetensors", f.folder / "dangling");
    REQUIRE(f.multiply("dangling").code == 0);
    CHECK(slurp(f.folder / "new.safetensors") == bytes);
}

TEST_CASE("hvp refuses outputs that are no files, and leaves them as they are") {
    Fixture f;
    REQUIRE(::mkfifo((f.folder / "pipe").c_str(), 0600) == 0);
    fs::create_symlink("pipe", f.folder / "link");
    fs::create_directory(f.folder / "inner");
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);  // a device of this test alone
    REQUIRE(::grantpt(terminal) == 0);
    REQUIRE(::unlockpt(terminal) == 0);
    const std::string device = ::ptsname(terminal);
    for (const std::string& output :
         {std::string("pipe"), std::string("link"), std::string("inner"), device}) {
        const Result refused = f.force(output);
        INFO(output, ": ", refused.err);
        CHECK(refused.code == 2);
        CHECK(contains(refused.err, output + ": is a"));
        CHECK(contains(refused.err, "not a file"));
    }
    CHECK(fs::is_fifo(f.folder / "pipe"));
    CHECK(fs::is_symlink(f.folder / "link"));
    CHECK(fs::is_character_file(device));
    ::close(terminal);
    CHECK(contains(f.multiply("nowhere/hv.safetensors").err, "there is no folder for it"));
}

TEST_CASE("hvp never writes over what it reads, under whatever name") {
    Fixture f;
    fs::create_symlink("v.safetensors", f.folder / "soft");
    fs::create_hard_link(f.folder / "v.safetensors", f.folder / "hard");
    fs::create_directory_symlink("run", f.folder / "same");
    const std::string vector = slurp(f.folder / "v.safetensors");
    const std::string checkpoint = slurp(f.folder / kCheckpoint);
    const std::string through =
        "same" + std::string(kCheckpoint).substr(3);  // run/... by another folder
    for (const std::string& output :
         {std::string("v.safetensors"), std::string("./v.safetensors"), std::string("soft"),
          std::string("hard"), std::string(kCheckpoint), through, std::string("run/config.toml"),
          std::string("run/manifest.json")}) {
        const Result refused = f.force(output);
        INFO(output, ": ", refused.err);
        CHECK(refused.code == 2);
        CHECK(contains(refused.err, "is read for this"));
    }
    // Nor over other files of the run, nor over a file that has another name.
    for (const char* output :
         {"run/checkpoints/depth1-seed0/step-00000040.safetensors", "run/data.safetensors"}) {
        CHECK(contains(f.force(output).err, "belongs to the run"));
    }
    lab::spit(f.folder / "one", "x");
    fs::create_hard_link(f.folder / "one", f.folder / "two");
    CHECK(contains(f.force("two").err, "has further names"));
    CHECK(slurp(f.folder / "v.safetensors") == vector);
    CHECK(slurp(f.folder / kCheckpoint) == checkpoint);
    CHECK(slurp(f.folder / "one") == "x");
}

TEST_CASE("a vector has an end, and no error of it speaks of resuming") {
    Fixture f;
    REQUIRE(::mkfifo((f.folder / "pipe").c_str(), 0600) == 0);
    lab::spit(f.folder / "huge", "");
    fs::resize_file(f.folder / "huge", std::uintmax_t{1} << 42);
    lab::spit(f.folder / "short", "x");
    lab::spit(f.folder / "cut", slurp(f.folder / "v.safetensors").substr(0, 3000));
    const std::pair<const char*, const char*> cases[] = {
        {"pipe", "is a pipe, not a file"}, {"huge", "has more than "}, {"/dev/zero", "is a device"},
        {"short", "too few for a header"}, {"cut", "the header says"}, {"run", "is a folder"}};
    for (const auto& row : cases) {
        const std::string vector = row.first, said = row.second;
        if (!fs::exists(f.folder.path / vector)) continue;
        const Result refused = f.multiply("x.safetensors", {}, vector);
        INFO(vector, ": ", refused.err);
        CHECK(refused.code == 2);
        CHECK(contains(refused.err, said));
        CHECK_FALSE(contains(refused.err, "--resume"));
        CHECK_FALSE(fs::exists(f.folder / "x.safetensors"));
    }
}

TEST_CASE("a vector may mix precisions, and gives the product of the same numbers") {
    Fixture f;
    REQUIRE(f.multiply("one.safetensors").code == 0);
    lab::TensorFile mixed;
    bool is_single = false;
    const lab::TensorFile ones_of_double = lab::read_tensors(f.folder / "v.safetensors");
    for (const lab::Tensor& tensor : ones_of_double.tensors()) {
        const std::vector<float> ones(tensor.bytes.size() / sizeof(double), 1.0F);
        const std::vector<double> wide(ones.begin(), ones.end());
        is_single = !is_single;
        if (is_single) mixed.add<float>(tensor.name, tensor.shape, ones);
        if (!is_single) mixed.add<double>(tensor.name, tensor.shape, wide);
    }
    lab::write_tensors(f.folder / "mixed.safetensors", mixed);
    REQUIRE(f.multiply("two.safetensors", {}, "mixed.safetensors").code == 0);
    CHECK(slurp(f.folder / "one.safetensors") == slurp(f.folder / "two.safetensors"));
}

TEST_CASE("numbers beyond the precision are told in words, and no product is written") {
    Fixture f;
    write_vector(f.folder, 1e300);
    const Result single = f.multiply("x.safetensors", {"--precision", "float"});
    CHECK(single.code == 2);
    CHECK(contains(single.err, "v.safetensors: holds numbers that are too large for --precision"));
    write_vector(f.folder, std::numeric_limits<double>::max());
    const Result over = f.multiply("x.safetensors");
    CHECK(over.code == 1);
    CHECK(contains(over.err, "the product is not finite"));
    CHECK_FALSE(fs::exists(f.folder / "x.safetensors"));
    // The product is finite, its square is not.
    write_vector(f.folder, 1e200);
    const Result large = f.multiply("x.safetensors");
    CHECK(large.code == 0);
    CHECK(contains(large.out, "v'Hv\tbeyond the largest double"));
    CHECK_FALSE(contains(large.out, "inf"));
}

TEST_CASE("what a killed hvp has left goes with the next one") {
    Fixture f;
    const pid_t gone = ::fork();
    if (gone == 0) ::_exit(0);
    ::waitpid(gone, nullptr, 0);
    const std::string part = ".part" + std::to_string(gone);
    for (const char* name : {"hv.safetensors", "thesis.tex"}) {
        lab::spit(f.folder / (name + part), "half");
    }
    REQUIRE(f.multiply("hv.safetensors").code == 0);
    CHECK_FALSE(fs::exists(f.folder / ("hv.safetensors" + part)));
    CHECK(slurp(f.folder / ("thesis.tex" + part)) == "half");
}
